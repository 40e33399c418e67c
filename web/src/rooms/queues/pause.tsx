import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { Queue } from "../../api/types";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { CommandLine, Failure } from "../../ui/layout";
import { Unseen } from "../../ui/mark";
import { toast } from "../../ui/toasts";
import { pauseQueue, queuesKey, resumeQueue } from "./queries";
import type { Side } from "./state";
import styles from "./queues.module.css";

/** What runs goes on, nothing new begins. Taken back by a press. */
export function PauseButton({ queue, why, side }: { queue: Queue; why: string | undefined; side: Side }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onPress={() => setOpen(true)} {...(why !== undefined && { why })}>
        Pause
        <Unseen> {queue.name}</Unseen>
      </Button>
      <Dialog title={`Pause ${queue.name}`} isOpen={isOpen} onClose={() => setOpen(false)}>
        {isOpen && <Ask queue={queue} side={side} onClose={() => setOpen(false)} />}
      </Dialog>
    </>
  );
}

function Ask({ queue, side, onClose }: { queue: Queue; side: Side; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const settled = () => cache.invalidateQueries({ queryKey: queuesKey });
  const pause = useMutation({
    mutationFn: () => pauseQueue(side, queue.name, reason.trim()),
    onSuccess: () => {
      toast(`${queue.name} is paused.`, "ok", { label: "Undo", run: () => void resumeQueue(side, queue.name).then(settled) });
      onClose();
      return settled();
    },
  });
  return (
    <Form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        pause.mutate();
      }}
    >
      <p>What runs goes on. What waits stays, and nothing new begins until it is resumed.</p>
      <Field label="Why" help="Everybody who sees the queue sees it." value={reason} onChange={setReason} maxLength={200} autoFocus autoComplete="off" />
      <CommandLine>{`acme jobs pause ${queue.name}${side === "platform" ? " --platform" : ""}`}</CommandLine>
      {pause.error && <Failure what="It was not paused." problem={asProblem(pause.error)} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" busy={pause.isPending}>
          Pause
        </Button>
      </DialogActions>
    </Form>
  );
}
