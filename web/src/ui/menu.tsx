import { MoreHorizontal } from "lucide-react";
import { useRef, useState } from "react";
import { Button as AriaButton, Menu, MenuItem, Popover } from "react-aria-components";
import button from "./button.module.css";
import styles from "./menu.module.css";

export interface Item {
  id: string;
  name: string;
  /** Why it cannot be chosen now. It stays in the list and says so. */
  why?: string | undefined;
  run: () => void;
}

/** What can be done with one line, behind three dots. Without MenuTrigger, which brings submenus: 5 kB on every page. */
export function MoreMenu({ label, items }: { /** Of what. */ label: string; items: readonly Item[] }) {
  const [isOpen, setOpen] = useState(false);
  const dots = useRef<HTMLButtonElement>(null);
  return (
    <>
      <AriaButton ref={dots} aria-label={label} aria-haspopup="menu" aria-expanded={isOpen} className={button.icon} onPress={() => setOpen(true)}>
        <MoreHorizontal size={16} aria-hidden="true" />
      </AriaButton>
      {isOpen && (
        <Popover triggerRef={dots} trigger="MenuTrigger" isOpen onOpenChange={setOpen} className={styles.popover} placement="bottom end" offset={4}>
          <Menu
            aria-label={label}
            autoFocus="first"
            className={styles.menu}
            disabledKeys={items.filter(({ why }) => why !== undefined).map(({ id }) => id)}
            onAction={(id) => items.find((item) => item.id === id)?.run()}
            onClose={() => setOpen(false)}
          >
            {items.map(({ id, name, why }) => (
              <MenuItem key={id} id={id} textValue={name} className={styles.item}>
                {name}
                {why && <span className={styles.why}>{why}</span>}
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      )}
    </>
  );
}
