import { Link } from "@tanstack/react-router";
import { Entrance } from "./entrance";
import { NewPasswordForm } from "./new_password_form";
import { useToken } from "./token";
import styles from "./sessions.module.css";

/** Opening the address consumes nothing; the form does. */
export function ResetPage() {
  const token = useToken();
  const again = (
    <p className={styles.hint}>
      <Link to="/forgot" className={styles.link}>
        Ask for another mail
      </Link>
    </p>
  );
  if (token === "") {
    return (
      <Entrance title="This link is not whole">
        <p className={styles.hint}>It carries no token. Open it exactly as it stands in the mail.</p>
        {again}
      </Entrance>
    );
  }
  return (
    <Entrance title="Set a new password">
      <p className={styles.hint}>All sessions of this account end with the old password.</p>
      <NewPasswordForm token={token} />
      {again}
    </Entrance>
  );
}
