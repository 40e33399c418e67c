import { Link, useLocation, useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { Problem } from "../api/problem";
import { Button } from "../ui/button";
import { unbroken } from "../ui/format";
import { Failure, Skeleton, Verdict } from "../ui/layout";
import styles from "./shell.module.css";

export function NotFound() {
  const { pathname } = useLocation();
  return (
    <Verdict tone="idle" sentence="There is no page at this address.">
      <code>{pathname}</code> may have been typed wrong, or belongs to a release that has more pages. <Link to="/">{unbroken("Go to Overview")}</Link>
    </Verdict>
  );
}

/** The same for who is not signed in, and so has no navigation around it. */
export function NowhereOutside() {
  return (
    <main className={styles.alone}>
      <NotFound />
    </main>
  );
}

/** A part that threw: what the server said is shown; what we did wrong is said to be ours. */
export function PageFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const problem = error instanceof Problem ? error : new Problem(0, { detail: `${String(error)}. Nothing was changed by it.` });
  return (
    <div className={styles.alone}>
      <h1>This page could not be shown</h1>
      <Failure what={error instanceof Problem ? "The platform did not deliver it." : "The dashboard itself failed."} problem={problem} />
      {error instanceof Problem ? (
        <Button
          kind="primary"
          onPress={() => {
            reset();
            void router.invalidate();
          }}
        >
          Try again
        </Button>
      ) : (
        // A page whose parts are gone (a newer release) is whole again after it.
        <Button kind="primary" onPress={() => location.reload()}>
          Reload
        </Button>
      )}
    </div>
  );
}

export function Waiting() {
  return (
    <div className={styles.waiting} aria-busy="true" aria-label="Loading">
      <Skeleton height={28} width={320} />
      <Skeleton height={120} />
      <Skeleton height={240} />
    </div>
  );
}
