import { Link } from "@tanstack/react-router";
import { Fragment, useContext } from "react";
import { Dialog } from "../ui/dialog";
import { usePreferences } from "../ui/preferences";
import { Pages, paletteKeys } from "./pages";
import styles from "./keys_dialog.module.css";

const keys: readonly (readonly [readonly string[], string])[] = [
  [[paletteKeys], "Go to a page, or run something"],
  [["/"], "To the search of the page"],
  [["J", "K"], "Next row of the list, the one before"],
  [["Enter"], "Open the row"],
  [["?"], "These keys"],
];

/** Which keys there are; those that go to pages only for pages that this person is shown. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const pages = useContext(Pages);
  const { letters } = usePreferences();
  return (
    <Dialog title="Keys" isOpen onClose={onClose}>
      {!letters && <p>Those of a single letter or sign are switched off.</p>}
      <dl className={styles.keys}>
        {keys.map(([all, does]) => (
          <Line key={does} keys={all} does={does} />
        ))}
        {pages.map((page) => page.key && <Line key={page.to} keys={[`G ${page.key.toUpperCase()}`]} does={page.name} />)}
      </dl>
      <p className={styles.note}>
        {letters ? "They can be switched off" : "They can be switched on"} under{" "}
        <Link to="/me" onClick={onClose}>
          Account
        </Link>
        .
      </p>
    </Dialog>
  );
}

function Line({ keys: all, does }: { keys: readonly string[]; does: string }) {
  return (
    <div>
      <dt>
        {all.map((each, index) => (
          <Fragment key={each}>
            {index > 0 && ", "}
            <kbd>{each}</kbd>
          </Fragment>
        ))}
      </dt>
      <dd>{does}</dd>
    </div>
  );
}
