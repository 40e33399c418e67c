import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Rocket } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { Release } from "../../api/types";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { CommandLine, Failure } from "../../ui/layout";
import { Sha } from "../../ui/mark";
import { toast } from "../../ui/toast";
import { shortOf } from "../../ui/format";
import { Guide } from "./parts";
import { deploy, intent } from "./queries";
import { quotedReason } from "./state";
import styles from "./deploy.module.css";

const trial_ms = 60_000;

/** Of what the machines have, those that do not run: the newest first. */
export function deployable(releases: readonly Release[]): Release[] {
  return releases.filter((release) => release.is_stored !== false && !release.is_current);
}

/** Without `only` one chooses among those that are stored. */
export function DeployButton({ releases, why, only }: { releases: readonly Release[] | undefined; why: string | undefined; only?: Release }) {
  const [isOpen, setOpen] = useState(false);
  const choice = only ? [only] : deployable(releases ?? []);
  const reason = why ?? (choice.length === 0 ? "No other release is stored. acme release add brings one to the machines." : undefined);
  return (
    <>
      <Button kind={only ? "plain" : "primary"} icon={<Rocket aria-hidden="true" />} {...(reason === undefined ? {} : { why: reason })} onPress={() => setOpen(true)}>
        {only ? `Deploy ${shortOf(only.id)}` : "Deploy"}
      </Button>
      <Dialog title={only ? `Deploy ${shortOf(only.id)}?` : "Deploy"} isOpen={isOpen} onClose={() => setOpen(false)} sheet>
        {isOpen && <DeployForm choice={choice} onClose={() => setOpen(false)} />}
      </Dialog>
    </>
  );
}

function DeployForm({ choice, onClose }: { choice: readonly Release[]; onClose: () => void }) {
  const navigate = useNavigate();
  const [release, setRelease] = useState(choice[0]?.id ?? "");
  const [reason, setReason] = useState("");
  const [isTrial, setTrial] = useState(false);
  const request = useMutation({
    mutationFn: () => deploy(intent({ release, reason: reason.trim(), ...(isTrial ? { canary_window_ms: trial_ms } : {}) })),
    onSuccess: async (made) => {
      void cache.invalidateQueries({ queryKey: ["deployments"] });
      toast(`${shortOf(release)} waits for its turn.`, "active");
      onClose();
      await navigate({ to: "/releases/$id", params: { id: made.id } });
    },
  });
  const problem = request.error ? asProblem(request.error) : undefined;
  return (
    <Form
      className={styles.form}
      validationErrors={problem?.fieldErrors ?? {}}
      onSubmit={(event) => {
        event.preventDefault();
        if (!request.isPending && release) request.mutate();
      }}
    >
      <p className={styles.effect}>
        One node gets it first, with 5 % of the traffic, for {isTrial ? "one minute" : "ten minutes"} <Guide at="judge" />. If every check holds, the others follow <Guide at="roll" />; if one does not, everything returns by itself{" "}
        <Guide at="back" />. No request is lost.
      </p>
      {choice.length > 1 ? (
        <fieldset className={styles.choice}>
          <legend>Release</legend>
          {choice.map((each) => (
            <label key={each.id}>
              <input type="radio" name="release" value={each.id} checked={each.id === release} onChange={() => setRelease(each.id)} />
              <Sha value={each.id} />
              <span className={styles.quiet}>{each.good_at ? "was good" : each.first_at ? "deployed before" : "never deployed"}</span>
            </label>
          ))}
        </fieldset>
      ) : (
        <p>
          Release <Sha value={release} />
        </p>
      )}
      <fieldset className={styles.choice}>
        <legend>Canary</legend>
        <label>
          <input type="radio" name="window" checked={!isTrial} onChange={() => setTrial(false)} />
          Ten minutes
        </label>
        <label>
          <input type="radio" name="window" checked={isTrial} onChange={() => setTrial(true)} />
          One minute, a trial: recorded as such, with its reason
        </label>
      </fieldset>
      <Field label="Reason" name="reason" help="What is in it, for those who read the history." value={reason} onChange={setReason} isRequired={isTrial} maxLength={500} autoComplete="off" />
      <CommandLine>{`acme deploy run ${shortOf(release)}${isTrial ? ` --canary-window ${trial_ms / 1000}s` : ""}${quotedReason(reason)}`}</CommandLine>
      {problem && <Failure what="It was not begun." problem={problem} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" busy={request.isPending}>
          Deploy
        </Button>
      </DialogActions>
    </Form>
  );
}
