import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { CommandLine, Failure } from "../../ui/layout";
import { toast } from "../../ui/toasts";
import { meQuery } from "../sessions/queries";
import { draftOf } from "./draft";
import { enableFlag, flagQuery, killFlag, saveTargeting, settled, targetingQuery, type Versioned } from "./queries";
import { ReasonDialog } from "./reason";
import { whyNotChange, whyNotKill } from "./rights";
import type { Environment, Targeting } from "./types";
import { wouldStayOff } from "./words";
import styles from "./flags.module.css";

export interface Switched {
  key: string;
  name: string;
}

export interface Switching {
  /** Why this person may not. */
  why: string | undefined;
  busy: boolean;
  press: () => void;
  dialog: ReactNode;
}

/** What is asked before a flag is switched on that would go on answering off for everybody. */
interface StillOff {
  off: string;
  on: string;
  targeting: Versioned<Targeting>;
}

/**
 * Off with a reason, past every draft; on at once, with a reason where the environment is protected. One that nothing
 * but "otherwise" decides, and that off, asks whether everybody gets on: else switching it on would do nothing.
 */
export function useSwitching(flag: Switched, environment: Environment, enabled: boolean, effect: ReactNode): Switching {
  const { data: signed } = useQuery(meQuery);
  const [asks, setAsks] = useState<"reason" | StillOff>();
  const where = environment.name.toLowerCase();
  const verb = enabled ? "Switch off" : "Switch on";
  const close = () => setAsks(undefined);
  const turn = useMutation({
    mutationFn: (reason: string) => (enabled ? killFlag(flag.key, environment.key, reason) : enableFlag(flag.key, environment.key, reason)),
    onSuccess: () => {
      toast(`${flag.key} is ${enabled ? "off" : "on"} in ${where}.`);
      close();
      return settled();
    },
    onError: (error) => !asks && toast(`${flag.key} was not switched ${enabled ? "off" : "on"}. ${asProblem(error).message}`, "crit"),
  });
  const look = useMutation({
    mutationFn: () => stillOff(flag.key, environment.key),
    onSuccess: (found) => {
      if (found) setAsks(found);
      else if (environment.protected) setAsks("reason");
      else turn.mutate("");
    },
    onError: (error) => toast(`${flag.key} was not switched on. ${asProblem(error).message}`, "crit"),
  });
  const press = () => {
    turn.reset();
    if (enabled) setAsks("reason");
    else look.mutate();
  };
  const dialog = (
    <>
      {asks === "reason" && (
        <ReasonDialog
          title={`${verb} ${flag.name}`}
          verb={verb}
          isDanger={enabled}
          isOpen
          busy={turn.isPending}
          problem={turn.error ? asProblem(turn.error) : null}
          command={`acme flags ${enabled ? "kill" : "enable"} ${flag.key} --environment ${environment.key} --reason "…"`}
          onConfirm={(reason) => turn.mutate(reason)}
          onClose={close}
        >
          {effect}
        </ReasonDialog>
      )}
      {typeof asks === "object" && <StillOffDialog flag={flag} environment={environment} found={asks} onClose={close} />}
    </>
  );
  const why = signed && (enabled ? whyNotKill(signed.me) : whyNotChange(signed.me, environment.protected));
  return { why, busy: look.isPending || (turn.isPending && asks === undefined), press, dialog };
}

async function stillOff(key: string, environment: string): Promise<StillOff | undefined> {
  const [flag, targeting] = await Promise.all([cache.fetchQuery(flagQuery(key)), cache.fetchQuery({ ...targetingQuery(key, environment), staleTime: 0 })]);
  const variants = wouldStayOff(draftOf(targeting.value), flag.value.variants);
  return variants && { ...variants, targeting };
}

function StillOffDialog({ flag, environment, found, onClose }: { flag: Switched; environment: Environment; found: StillOff; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const { off, on, targeting } = found;
  const where = environment.name.toLowerCase();
  const turn = useMutation({
    mutationFn: async (everybody: boolean) => {
      if (everybody) await saveTargeting(flag.key, environment.key, { ...draftOf(targeting.value), enabled: true, fallthrough: { variant: on } }, reason.trim(), targeting.etag);
      else await enableFlag(flag.key, environment.key, reason.trim());
    },
    onSuccess: (_, everybody) => {
      toast(`${flag.key} is on in ${where}. Everybody ${everybody ? `gets ${on}` : `still gets ${off}`}.`);
      onClose();
      return settled();
    },
  });
  const why = environment.protected && reason.trim() === "" ? `${environment.name} is protected: say why.` : undefined;
  const barred = why === undefined ? {} : { why };
  return (
    <Dialog title={`Switch on ${flag.name}`} isOpen onClose={onClose} sheet>
      <Form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (why === undefined && !turn.isPending) turn.mutate(true);
        }}
      >
        <p>
          It has no rule, and otherwise serves <strong>{off}</strong>: switched on as it is, everybody in {where} still gets {off} until a rule says otherwise.
        </p>
        {environment.protected && <Field label="Why" help="It is written into the history and the audit." value={reason} onChange={setReason} maxLength={200} isRequired autoFocus autoComplete="off" />}
        <CommandLine>{`acme flags enable ${flag.key} --environment ${environment.key} --otherwise ${on}${environment.protected ? ' --reason "…"' : ""}`}</CommandLine>
        {turn.error && <Failure what="It was not switched on." problem={asProblem(turn.error)} />}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button busy={turn.isPending && turn.variables === false} onPress={() => turn.mutate(false)} {...barred}>
            Switch on as it is
          </Button>
          <Button kind="primary" type="submit" busy={turn.isPending && turn.variables === true} {...barred}>
            Serve {on} to everybody
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
