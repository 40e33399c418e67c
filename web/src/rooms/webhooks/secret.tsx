import { CommandLine } from "../../ui/layout";
import styles from "./webhooks.module.css";

/** The one time that it is seen. */
export function Secret({ secret, children }: { secret: string; children: string }) {
  return (
    <div className={styles.secret} role="status" data-testid="secret">
      <p>{children} It is shown this once: keep it where the receiver checks signatures.</p>
      <CommandLine>{secret}</CommandLine>
    </div>
  );
}
