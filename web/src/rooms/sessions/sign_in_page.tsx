import { useNavigate, useSearch } from "@tanstack/react-router";
import { cache } from "../../api/cache";
import { Entrance } from "./entrance";
import { SignInForm } from "./sign_in_form";
import styles from "./sessions.module.css";

export function SignInPage() {
  const navigate = useNavigate();
  const { next } = useSearch({ from: "/sign-in" });
  return (
    <Entrance title="Sign in to Acme">
      <SignInForm
        onSignedIn={() => {
          cache.clear();
          void navigate({ to: next ?? "/", replace: true });
        }}
      />
      <p className={styles.hint}>
        No password yet? <code>acme admin link</code> prints a link that signs in once.
      </p>
    </Entrance>
  );
}
