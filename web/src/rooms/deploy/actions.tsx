import { useMutation } from "@tanstack/react-query";
import { useRouteContext } from "@tanstack/react-router";
import { CircleStop, FastForward, Pause, Play } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { DeploymentDetail, Permission } from "../../api/types";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { percent, shortOf, words } from "../../ui/format";
import { CommandLine, Failure, ThumbBar, WideOnly } from "../../ui/layout";
import { toast } from "../../ui/toast";
import { whyNot } from "./parts";
import { ask, deploymentQuery, intent, type Wish } from "./queries";
import { RollBack } from "./roll_back";
import { isHeld, isRunning, lastSample, quotedReason } from "./state";
import styles from "./deploy.module.css";

function useAsk(detail: DeploymentDetail, wish: Wish, onDone: () => void) {
  return useMutation({
    mutationFn: (reason: string) => ask(detail.id, wish, intent({ reason })),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: deploymentQuery(detail.id).queryKey });
      onDone();
    },
  });
}

/** What may be done with this deployment now. What may not is shown too, and says why. */
export function Actions({ detail }: { detail: DeploymentDetail }) {
  const { me } = useRouteContext({ from: "/shell" });
  const role = whyNot(me);
  const why = (permission: Permission) => role ?? (permission.allowed ? undefined : permission.why);
  const rollback = (
    <RollBack
      to={detail.can.rollback.to ?? undefined}
      from={detail.release}
      fromNote={detail.state === "canary" ? shareInWords(detail) : undefined}
      isCanary={detail.state === "canary"}
      why={why(detail.can.rollback)}
    />
  );
  const hold = <HoldOrResume detail={detail} why={why(isHeld(detail) ? detail.can.resume : detail.can.hold)} />;
  const runs = isRunning(detail);
  const isForward = detail.kind === "release";
  return (
    <>
      <WideOnly>
        {rollback}
        {runs && isForward && hold}
      </WideOnly>
      {runs && isForward && <Promote detail={detail} why={why(detail.can.promote)} />}
      {runs && <Abort detail={detail} why={why(detail.can.abort)} />}
      <ThumbBar>
        {rollback}
        {runs && isForward && hold}
      </ThumbBar>
    </>
  );
}

function shareInWords(detail: DeploymentDetail): string | undefined {
  const share = lastSample(detail)?.share;
  return share === undefined ? undefined : `${words(percent(share))} of traffic`;
}

/** Level one: done at once, and taken back as easily. */
function HoldOrResume({ detail, why }: { detail: DeploymentDetail; why: string | undefined }) {
  const held = isHeld(detail);
  const resume = useAsk(detail, "resume", () => toast("The canary goes on.", "active"));
  const hold = useAsk(detail, "hold", () => toast("The canary is held.", "warn", { label: "Undo", run: () => resume.mutate("") }));
  const request = held ? resume : hold;
  return (
    <Button
      icon={held ? <Play aria-hidden="true" /> : <Pause aria-hidden="true" />}
      {...(why === undefined ? {} : { why })}
      busy={request.isPending}
      onPress={() => request.mutate("", { onError: (error) => toast(`Not done. ${asProblem(error).message}`, "crit") })}
    >
      {held ? "Resume" : "Hold"}
    </Button>
  );
}

function Promote({ detail, why }: { detail: DeploymentDetail; why: string | undefined }) {
  return (
    <WithReason
      detail={detail}
      wish="promote"
      why={why}
      icon={<FastForward aria-hidden="true" />}
      label="Promote early…"
      title="Promote early?"
      verb="Promote early"
      required
      effect="The canary's window ends now. What was measured until now must hold as it would have to at the end; then the other nodes get the release. The shorter window is recorded with your reason."
    />
  );
}

function Abort({ detail, why }: { detail: DeploymentDetail; why: string | undefined }) {
  const waits = detail.state === "queued";
  const back = detail.known_good || detail.from_release;
  return (
    <WithReason
      detail={detail}
      wish="abort"
      why={why}
      icon={<CircleStop aria-hidden="true" />}
      label="Abort…"
      title={waits ? "Abort what waits?" : "Abort the deployment?"}
      verb="Abort"
      effect={waits ? "It has not begun, so nothing changes in production." : `What runs ${shortOf(detail.release)} by now returns to ${back ? shortOf(back) : "what ran before"}; the other nodes are not touched. Whoever carries it out does so as soon as it hears it.`}
    />
  );
}

interface WithReasonProps {
  detail: DeploymentDetail;
  wish: Wish;
  why: string | undefined;
  icon: ReactNode;
  label: string;
  title: string;
  verb: string;
  effect: string;
  required?: boolean;
}

/** Level two: visible to others, so the dialog names the effect and asks why. */
function WithReason({ detail, wish, why, icon, label, title, verb, effect, required = false }: WithReasonProps) {
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const request = useAsk(detail, wish, () => {
    toast(`${verb}: asked for.`, "active");
    setOpen(false);
    setReason("");
  });
  return (
    <>
      <Button icon={icon} {...(why === undefined ? {} : { why })} onPress={() => setOpen(true)}>
        {label}
      </Button>
      <Dialog title={title} isOpen={isOpen} onClose={() => setOpen(false)} sheet>
        <Form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            if (!request.isPending) request.mutate(reason.trim());
          }}
        >
          <p className={styles.effect}>{effect}</p>
          <Field label="Reason" help="Kept with the deployment and in the audit log." value={reason} onChange={setReason} isRequired={required} maxLength={500} autoFocus autoComplete="off" />
          <CommandLine>{`acme deploy ${wish}${quotedReason(reason)}`}</CommandLine>
          {request.error && <Failure what={`${verb} failed.`} problem={asProblem(request.error)} />}
          <DialogActions>
            <Button onPress={() => setOpen(false)}>Cancel</Button>
            <Button kind="primary" type="submit" busy={request.isPending}>
              {verb}
            </Button>
          </DialogActions>
        </Form>
      </Dialog>
    </>
  );
}
