import { useEffect, useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import { onSessionLost } from "../../api/client";
import { Dialog } from "../../ui/dialog";
import { fetchMe, meQuery, type Signed } from "./queries";
import { SignInForm } from "./sign_in_form";

/** A session that ended does not take the page away: what was typed stays behind the dialog. */
export function SessionDialog({ signed }: { signed: Signed }) {
  const [lost, setLost] = useState(false);
  useEffect(() => {
    let isAsking = false;
    return onSessionLost(() => {
      if (isAsking) return;
      isAsking = true;
      // A refusal may have crossed a new cookie on its way (a changed password): ask once more.
      fetchMe()
        .then(() => setLost(false))
        .catch((error: unknown) => setLost(asProblem(error).status === 401))
        .finally(() => {
          isAsking = false;
        });
    });
  }, []);
  const back = async () => {
    const now = await fetchMe();
    if (now.me.id !== signed.me.id) {
      // Another person sees nothing of what this one had open.
      location.assign("/");
      return;
    }
    cache.setQueryData(meQuery.queryKey, now);
    setLost(false);
    await cache.invalidateQueries();
  };
  return (
    <Dialog title="Sign in again" isOpen={lost} onClose={() => undefined} dismissable={false}>
      <p>Your session has ended. What you typed on this page is still there.</p>
      <SignInForm email={signed.me.email} onSignedIn={() => void back()} />
    </Dialog>
  );
}
