import { useState } from "react";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Badge } from "../../ui/mark";
import { Time } from "../../ui/time";
import { draftOf, meetingOf, mergedOf, type Meeting, type Side } from "./draft";
import type { Targeting } from "./types";
import type { Drafting } from "./use_draft";
import styles from "./editor.module.css";

/** Both versions, part by part. What only one changed is taken of them; where both did, somebody chooses. */
export function MergeDialog({ targeting, drafting, onClose }: { targeting: Targeting; drafting: Drafting; onClose: () => void }) {
  const [choices, setChoices] = useState<Record<string, Side>>({});
  const theirs = draftOf(targeting);
  const parts = meetingOf(drafting.base, drafting.draft, theirs);
  const open = parts.filter((part) => part.isConflict && choices[part.key] === undefined);
  const name = targeting.updated_by_name ?? "Somebody";
  const take = () => {
    drafting.rebase(targeting, mergedOf(drafting.base, drafting.draft, theirs, choices));
    onClose();
  };
  return (
    <Dialog title="Somebody was faster" isOpen onClose={onClose}>
      <p>
        {name} saved version {targeting.version} <Time at={targeting.updated_at} />, after your draft was begun from version {drafting.version}. Nothing of yours is lost.
      </p>
      <ul className={styles.merge} aria-label="Both versions">
        {parts.map((part) => (
          <Part key={part.key} part={part} name={name} side={choices[part.key] ?? (part.isConflict ? undefined : part.side)} onChoose={(side) => setChoices({ ...choices, [part.key]: side })} />
        ))}
      </ul>
      <DialogActions>
        <Button onPress={onClose}>Later</Button>
        <Button
          onPress={() => {
            drafting.discard();
            onClose();
          }}
        >
          Drop mine
        </Button>
        <Button kind="primary" onPress={take} {...(open.length > 0 && { why: `Choose for: ${open.map((part) => part.name).join(", ")}.` })}>
          Merge into the draft
        </Button>
      </DialogActions>
    </Dialog>
  );
}

const gone = "deleted";

function Part({ part, name, side, onChoose }: { part: Meeting; name: string; side: Side | undefined; onChoose: (side: Side) => void }) {
  const versions: readonly (readonly [Side, string, string])[] = [
    ["theirs", name, part.theirs ?? gone],
    ["mine", "You", part.mine ?? gone],
  ];
  return (
    <li>
      <fieldset>
        <legend>
          {part.name} {part.isConflict && <Badge tone="warn">both changed it</Badge>}
        </legend>
        <div className={styles.note}>before: {part.from ?? "not there"}</div>
        {versions.map(([each, who, words]) => (
          <label key={each} className={styles.side}>
            <input type="radio" name={part.key} checked={side === each} onChange={() => onChoose(each)} />
            <span>
              <strong>{who}:</strong> {words}
            </span>
          </label>
        ))}
      </fieldset>
    </li>
  );
}
