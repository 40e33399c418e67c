import { Link } from "@tanstack/react-router";
import { ConfirmForm } from "./confirm_form";
import { Entrance } from "./entrance";
import { useToken } from "./token";
import styles from "./sessions.module.css";

/** Opening the address consumes nothing: mail scanners and previews open links too. The form does. */
export function VerifyPage() {
  const token = useToken();
  return (
    <Entrance title="Confirm your address">
      <p className={styles.hint}>{token === "" ? "Type the code that the mail said." : "The link works once. It is used up when you confirm, not by opening it."}</p>
      {token === "" ? <ConfirmForm /> : <ConfirmForm token={token} />}
      <p className={styles.hint}>
        Confirmed before?{" "}
        <Link to="/sign-in" className={styles.link}>
          Sign in
        </Link>
        . Too old?{" "}
        <Link to="/sign-up" className={styles.link}>
          Sign up
        </Link>{" "}
        again.
      </p>
    </Entrance>
  );
}
