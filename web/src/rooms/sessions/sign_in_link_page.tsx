import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Failure } from "../../ui/layout";
import { Entrance } from "./entrance";
import { signInByLink } from "./queries";
import { useToken } from "./token";
import styles from "./sessions.module.css";

/** Opening the address consumes nothing: mail scanners and previews open links too. The button does. */
export function SignInLinkPage() {
  const navigate = useNavigate();
  const token = useToken();
  const attempt = useMutation({
    mutationFn: () => signInByLink(token),
    onSuccess: () => {
      cache.clear();
      void navigate({ to: "/", replace: true });
    },
  });
  if (token === "") {
    return (
      <Entrance title="This link is not whole">
        <p className={styles.hint}>
          It carries no token. Open it exactly as it was printed, or print another with <code>acme admin link</code>.
        </p>
        <Link to="/sign-in" className={styles.link}>
          Sign in with a password
        </Link>
      </Entrance>
    );
  }
  return (
    <Entrance title="Sign in to Acme">
      <p className={styles.hint}>This link works once. It is used up when you sign in, not by opening it.</p>
      {attempt.error && <Failure what="You are not signed in." problem={asProblem(attempt.error)} />}
      <Button kind="primary" wide busy={attempt.isPending} onPress={() => attempt.mutate()} autoFocus>
        Sign in
      </Button>
      {attempt.error && (
        <p className={styles.hint}>
          Print another link with <code>acme admin link</code>, or{" "}
          <Link to="/sign-in" className={styles.link}>
            sign in with a password
          </Link>
          .
        </p>
      )}
    </Entrance>
  );
}
