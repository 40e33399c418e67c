import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { SigningKey } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { ConfirmTyped } from "../../ui/confirm";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Card, Empty, Failure } from "../../ui/layout";
import { Badge, type Tone } from "../../ui/mark";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import styles from "../keys/keys.module.css";
import { rotateSigningKeys, signingKeysQuery } from "./queries";

const tones: Record<SigningKey["state"], Tone> = { next: "active", active: "ok", retiring: "warn" };

const meanings: Record<SigningKey["state"], string> = {
  next: "is published, and signs from",
  active: "signs since",
  retiring: "verifies what it signed; it signed from",
};

/** The keys of the platform under every token that programs get. */
export function SigningKeys({ mayRotate }: { mayRotate: boolean }) {
  const query = useQuery(signingKeysQuery);
  const [asked, setAsked] = useState<"rotate" | "drop">();
  const close = () => setAsked(undefined);
  const rotate = useMutation({
    mutationFn: (now: boolean) => rotateSigningKeys(now),
    onSuccess: async (_, now) => {
      close();
      toast(now ? "All keys and tokens of before have ended." : "The next key is there. It signs in a day.");
      await cache.invalidateQueries({ queryKey: signingKeysQuery.queryKey });
    },
  });
  const problem = rotate.error ? asProblem(rotate.error) : null;
  const open = (what: "rotate" | "drop") => {
    rotate.reset();
    setAsked(what);
  };
  return (
    <Card title="Keys that sign tokens">
      <Answer query={query} failure="The keys did not come." rows={1} height={40}>
        {(keys) =>
          keys.length > 0 ? (
            <ul>
              {keys.map((key) => (
                <li key={key.id} className={styles.row} data-testid="signing-key">
                  <div className={styles.text}>
                    <div className={styles.name}>
                      <Badge tone={tones[key.state]}>{key.state}</Badge>
                    </div>
                    <div className={styles.note}>
                      <code>{key.id}</code>
                    </div>
                    <div className={styles.note}>
                      {meanings[key.state]} <Time at={key.active_at} />
                    </div>
                  </div>
                </li>
              ))}
            </ul>
          ) : (
            <Empty title="There is no key yet.">
              <p>The first one is made when the first program asks for a token.</p>
            </Empty>
          )
        }
      </Answer>
      {mayRotate && (
        <div className={`${styles.foot} ${styles.buttons}`}>
          <Button onPress={() => open("rotate")}>Rotate</Button>
          <Button kind="risk" onPress={() => open("drop")}>
            Drop all at once
          </Button>
        </div>
      )}
      <Dialog title="Make the next key?" isOpen={asked === "rotate"} onClose={close}>
        <p>It is published for a day before it signs, and the present one verifies until its last token has ended: no program notices.</p>
        {problem && <Failure what="No key was made." problem={problem} />}
        <DialogActions>
          <Button onPress={close}>Cancel</Button>
          <Button kind="primary" onPress={() => rotate.mutate(false)} busy={rotate.isPending}>
            Rotate
          </Button>
        </DialogActions>
      </Dialog>
      <ConfirmTyped
        title="Drop every key?"
        verb="Drop"
        name="every token"
        effect="For a key that somebody has stolen. Every token of every program ends within a second; programs get new ones by themselves."
        command="acme keys rotate-signing --now"
        isOpen={asked === "drop"}
        busy={rotate.isPending}
        problem={problem}
        onConfirm={() => rotate.mutate(true)}
        onClose={close}
      />
    </Card>
  );
}
