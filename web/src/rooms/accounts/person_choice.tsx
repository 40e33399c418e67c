import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { useId, useState } from "react";
import { Autocomplete, Button, Input, Menu, MenuItem, SearchField } from "react-aria-components";
import { Dialog } from "../../ui/dialog";
import field from "../../ui/field.module.css";
import { useSettled } from "../../ui/use_settled";
import { peopleQuery, personQuery } from "./access_queries";
import styles from "./person_choice.module.css";

interface Props {
  label: string;
  /** A user's id; null: nobody. */
  value: string | null;
  isDisabled: boolean;
  onChange: (id: string | null) => void;
}

/** Somebody who has an account, by name and address. */
export function PersonChoice({ label, value, isDisabled, onChange }: Props) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const { data: person } = useQuery({ ...personQuery(value ?? ""), enabled: value !== null });
  const choose = (chosen: string | null) => {
    setOpen(false);
    onChange(chosen);
  };
  return (
    <div className={styles.choice}>
      <span id={`${id}-label`} className={field.label}>
        {label}
      </span>
      <Button id={`${id}-value`} aria-labelledby={`${id}-label ${id}-value`} aria-haspopup="dialog" className={styles.value} isDisabled={isDisabled} onPress={() => setOpen(true)}>
        <span>{value === null ? "Nobody" : (person?.name ?? value)}</span>
        <ChevronDown size={15} aria-hidden="true" />
      </Button>
      {person && <span className={field.help}>{person.email}</span>}
      <Dialog title={label} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Search onChoose={choose} />
      </Dialog>
    </div>
  );
}

const nobody = "nobody";

/** The server finds: a list of all accounts would be no choice. */
function Search({ onChoose }: { onChoose: (id: string | null) => void }) {
  const [typed, setTyped] = useState("");
  const part = useSettled(typed.trim());
  const { data, error } = useQuery({ ...peopleQuery(part), placeholderData: keepPreviousData });
  const people = data?.filter(({ state }) => state === "active") ?? [];
  return (
    <Autocomplete inputValue={typed} onInputChange={setTyped}>
      <SearchField aria-label="Name or address" autoFocus>
        <Input className={styles.search} placeholder="Name or address" maxLength={200} />
      </SearchField>
      <Menu aria-label="People" className={styles.list} onAction={(id) => onChoose(id === nobody ? null : String(id))}>
        {people.map(({ id, name, email }) => (
          <MenuItem key={id} id={id} textValue={`${name} ${email}`} className={styles.person}>
            {name}
            <span className={styles.note}>{email}</span>
          </MenuItem>
        ))}
        <MenuItem id={nobody} textValue="Nobody" className={styles.person}>
          Nobody
          {error ? <span className={styles.note}>Who there is did not come.</span> : data && people.length === 0 && <span className={styles.note}>No active account has that in its name or address.</span>}
        </MenuItem>
      </Menu>
    </Autocomplete>
  );
}
