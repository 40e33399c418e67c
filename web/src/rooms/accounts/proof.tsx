import { useState, type ReactNode } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { Me } from "../../api/types";
import { Dialog } from "../../ui/dialog";
import { fetchMe } from "../sessions/queries";
import { SignInForm } from "../sessions/sign_in_form";
import { sessionsQuery } from "./queries";

export type Proven = <T>(work: () => Promise<T>) => Promise<T>;

/** What changes how somebody signs in wants a recent proof of who they are: asked for when it is missing, and then the work goes on. */
export function useProof(me: Me): { proven: Proven; dialog: ReactNode } {
  const [waiting, setWaiting] = useState<{ goOn: () => void; giveUp: () => void } | null>(null);
  const proven: Proven = async (work) => {
    try {
      return await work();
    } catch (error) {
      if (asProblem(error).code !== "sessions.proof_too_old") throw error;
      await new Promise<void>((resolve, reject) => setWaiting({ goOn: resolve, giveUp: () => reject(error as Error) }));
      return work();
    }
  };
  const signedIn = async () => {
    if ((await fetchMe()).me.id !== me.id) {
      // What was asked for is not to happen to another account.
      location.assign("/");
      return;
    }
    setWaiting(null);
    waiting?.goOn();
    void cache.invalidateQueries({ queryKey: sessionsQuery.queryKey });
  };
  const dialog = (
    <Dialog
      title="Is it you?"
      isOpen={waiting !== null}
      onClose={() => {
        setWaiting(null);
        waiting?.giveUp();
      }}
    >
      <p>You signed in a while ago. Sign in again to change how you do it.</p>
      <SignInForm email={me.email} onSignedIn={() => void signedIn()} />
    </Dialog>
  );
  return { proven, dialog };
}
