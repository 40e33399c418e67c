import { useNavigate } from "@tanstack/react-router";
import { Keyboard, LogOut, Moon, Sun } from "lucide-react";
import { useContext } from "react";
import { Autocomplete, Dialog, Input, Menu, MenuItem, Modal, ModalOverlay, SearchField, useFilter } from "react-aria-components";
import { signOut } from "../rooms/sessions/queries";
import { cache } from "../api/cache";
import { asProblem } from "../api/problem";
import { toast } from "../ui/toast";
import { Pages } from "./pages";
import { setPreferences, useIsDark } from "../ui/preferences";
import styles from "./palette.module.css";

interface PaletteProps extends ChoicesProps {
  isOpen: boolean;
}

interface ChoicesProps {
  onClose: () => void;
  /** Shows which keys there are. */
  onKeys: () => void;
}

/** Verbs and pages by name. Only what exists is offered. */
export function Palette({ isOpen, onClose, onKeys }: PaletteProps) {
  return (
    <ModalOverlay className={styles.veil} isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className={styles.palette}>
        <Dialog aria-label="Go to or run" className={styles.dialog}>
          <Choices onClose={onClose} onKeys={onKeys} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Choices({ onClose, onKeys }: ChoicesProps) {
  const { contains } = useFilter({ sensitivity: "base" });
  const navigate = useNavigate();
  const dark = useIsDark();
  const pages = useContext(Pages);
  const leave = async () => {
    try {
      await signOut(false);
    } catch (error) {
      toast(`You are still signed in. ${asProblem(error).message}`, "crit");
      return;
    }
    await navigate({ to: "/sign-in" });
    cache.clear();
  };
  const run = (id: string) => {
    onClose();
    if (id === "sign-out") void leave();
    else if (id === "keys") onKeys();
    else if (id === "theme") setPreferences({ theme: dark ? "light" : "dark" });
    else void navigate({ to: id });
  };
  const theme = dark ? "Use the light theme" : "Use the dark theme";
  return (
    <Autocomplete filter={contains}>
      <SearchField aria-label="Go to or run" autoFocus className={styles.field}>
        <Input placeholder="Page or action" className={styles.input} />
      </SearchField>
      <Menu aria-label="Results" className={styles.list} onAction={(id) => run(String(id))} renderEmptyState={() => <p className={styles.none}>Nothing by that name.</p>}>
        {pages.map((page) => (
          <MenuItem key={page.to} id={page.to} textValue={`Go to ${page.name}`} className={styles.item}>
            <page.icon size={15} aria-hidden="true" />
            <span>Go to {page.name}</span>
            {page.key && <kbd>G {page.key.toUpperCase()}</kbd>}
          </MenuItem>
        ))}
        <MenuItem id="theme" textValue={theme} className={styles.item}>
          {dark ? <Sun size={15} aria-hidden="true" /> : <Moon size={15} aria-hidden="true" />}
          <span>{theme}</span>
        </MenuItem>
        <MenuItem id="keys" textValue="Show the keys" className={styles.item}>
          <Keyboard size={15} aria-hidden="true" />
          <span>Show the keys</span>
          <kbd>?</kbd>
        </MenuItem>
        <MenuItem id="sign-out" textValue="Sign out" className={styles.item}>
          <LogOut size={15} aria-hidden="true" />
          <span>Sign out</span>
        </MenuItem>
      </Menu>
    </Autocomplete>
  );
}
