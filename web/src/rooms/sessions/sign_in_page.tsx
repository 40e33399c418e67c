import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { cache } from "../../api/cache";
import { Entrance } from "./entrance";
import { optionsQuery } from "./queries";
import { SignInForm } from "./sign_in_form";
import styles from "./sessions.module.css";

export function SignInPage() {
  const navigate = useNavigate();
  const { next } = useSearch({ from: "/sign-in" });
  const { data: options } = useQuery(optionsQuery);
  const enter = () => {
    cache.clear();
    void navigate({ to: next ?? "/", replace: true });
  };
  return (
    <Entrance title="Sign in to Acme">
      <SignInForm onSignedIn={enter} />
      {options && options.mail !== "none" && (
        <p className={styles.hint}>
          <Link to="/forgot" className={styles.link}>
            Forgot your password?
          </Link>
        </p>
      )}
      {options?.sign_up === "open" && (
        <p className={styles.hint}>
          No account yet?{" "}
          <Link to="/sign-up" className={styles.link}>
            Sign up
          </Link>
        </p>
      )}
      <p className={styles.hint}>
        No password yet? <code>acme admin link</code> prints a link that signs in once.
      </p>
    </Entrance>
  );
}
