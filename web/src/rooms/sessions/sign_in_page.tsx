import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { cache } from "../../api/cache";
import { Providers } from "../identities/providers";
import { secondIn } from "../identities/words";
import { Entrance } from "./entrance";
import { optionsQuery, passSecond } from "./queries";
import { SecondStep } from "./second_step";
import { SignInForm } from "./sign_in_form";
import styles from "./sessions.module.css";

export function SignInPage() {
  const navigate = useNavigate();
  const { next, problem } = useSearch({ from: "/sign-in" });
  const { data: options } = useQuery(optionsQuery);
  const enter = () => {
    cache.clear();
    void navigate({ to: next ?? "/", replace: true });
  };
  // It shall not stay in the history of the browser.
  const [second, setSecond] = useState(() => secondIn(location.hash));
  useEffect(() => {
    if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);
  }, []);
  if (second) {
    return (
      <Entrance title="Sign in to Acme">
        <SecondStep second={second} verb="Sign in" submit={(presented) => passSecond(second.token, presented)} onDone={enter} onBack={() => setSecond(undefined)} />
      </Entrance>
    );
  }
  return (
    <Entrance title="Sign in to Acme">
      <SignInForm onSignedIn={enter} />
      <Providers next={next} problem={problem} />
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
