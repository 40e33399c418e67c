import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Failure } from "../../ui/layout";
import { canUsePasskeys } from "./passkey";
import { signInByPasskey } from "./queries";

/** In place of address and password. Nothing where the browser has no passkeys. */
export function PasskeyButton({ onSignedIn }: { onSignedIn: () => void }) {
  const attempt = useMutation({ mutationFn: signInByPasskey, onSuccess: onSignedIn });
  if (!canUsePasskeys()) return null;
  return (
    <>
      {attempt.error && <Failure what="You are not signed in." problem={asProblem(attempt.error)} />}
      <Button icon={<KeyRound aria-hidden="true" />} onPress={() => attempt.mutate()} busy={attempt.isPending} wide>
        Sign in with a passkey
      </Button>
    </>
  );
}
