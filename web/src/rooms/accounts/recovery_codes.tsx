import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { toast } from "../../ui/toasts";
import styles from "./factors.module.css";

/** Shown once; open while there are any. */
export function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const clipboard = typeof navigator === "undefined" ? undefined : navigator.clipboard;
  const text = codes.join("\n");
  return (
    <Dialog title="Keep your recovery codes" isOpen={codes.length > 0} onClose={onClose} dismissable={false}>
      <p>Each signs you in once when your app or your passkey is gone. They are not shown again: print them, or put them where your passwords are.</p>
      <ul className={styles.codes} aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <DialogActions>
        {clipboard && <Button onPress={() => void clipboard.writeText(text).then(() => toast("The codes were copied."))}>Copy</Button>}
        <Button kind="primary" onPress={onClose}>
          I have kept them
        </Button>
      </DialogActions>
    </Dialog>
  );
}
