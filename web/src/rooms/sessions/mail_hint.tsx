import { Link } from "@tanstack/react-router";
import type { SignInOptions } from "../../api/types";
import styles from "./sessions.module.css";

/** Where to look for a mail that was asked for. */
export function MailHint({ mail }: { mail: SignInOptions["mail"] }) {
  if (mail === "smtp") return <p className={styles.hint}>Nothing came? Look among the spam, or ask again.</p>;
  return (
    <p className={styles.hint}>
      This machine has no mail server: administrators find the mail in the{" "}
      <Link to="/mailbox" className={styles.link}>
        Mailbox
      </Link>
      .
    </p>
  );
}
