import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "../../api/problem";
import type { Me } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Card, Empty, Failure } from "../../ui/layout";
import { Badge } from "../../ui/mark";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import { factorsQuery, refreshFactors, removeTotp, renewRecoveryCodes, type Factors } from "./factor_queries";
import { AddPasskey, Passkeys } from "./passkeys";
import { useProof, type Proven } from "./proof";
import { RecoveryCodes } from "./recovery_codes";
import { SetUpApp } from "./set_up_app";
import styles from "./accounts.module.css";

/** What is asked for beside the password, and who turns it on and off. */
export function SecondFactors({ me }: { me: Me }) {
  const query = useQuery(factorsQuery);
  const [codes, setCodes] = useState<string[]>([]);
  const { proven, dialog } = useProof(me);
  const turnedOn = (fresh: string[]) => {
    setCodes(fresh);
    void refreshFactors();
  };
  return (
    <Card title="Second factors" note={query.data && (query.data.state.is_on ? <Badge tone="ok">on</Badge> : "off")}>
      <Answer query={query} failure="Your second factors did not come." rows={2} height={40}>
        {(factors) => <Parts factors={factors} proven={proven} turnedOn={turnedOn} />}
      </Answer>
      {dialog}
      <RecoveryCodes codes={codes} onClose={() => setCodes([])} />
    </Card>
  );
}

function Parts({ factors, proven, turnedOn }: { factors: Factors; proven: Proven; turnedOn: (codes: string[]) => void }) {
  const { state, passkeys } = factors;
  return (
    <>
      {!state.is_on && (
        <Empty title="Your password alone signs you in">
          <p>With a passkey or an authenticator app, whoever steals it still cannot.</p>
        </Empty>
      )}
      <ul>
        {state.totp_since && (
          <li className={styles.session} data-testid="totp">
            <div className={styles.sessionText}>
              <div className={styles.device}>Authenticator app</div>
              <div className={styles.seen}>
                set up <Time at={state.totp_since} />
              </div>
            </div>
            <TurnOff proven={proven} />
          </li>
        )}
        <Passkeys passkeys={passkeys} proven={proven} />
        {state.is_on && (
          <li className={styles.session} data-testid="recovery-codes">
            <div className={styles.sessionText}>
              <div className={styles.device}>
                Recovery codes {state.recovery_codes_left < 3 && <Badge tone="warn">few left</Badge>}
              </div>
              <div className={styles.seen}>{state.recovery_codes_left} left, for the day on which nothing else is at hand</div>
            </div>
            <NewCodes proven={proven} onMade={turnedOn} />
          </li>
        )}
      </ul>
      <div className={styles.foot}>
        <div className={styles.choices}>
          <AddPasskey proven={proven} onAdded={turnedOn} />
          {!state.totp_since && <SetUpApp proven={proven} onSetUp={turnedOn} />}
        </div>
      </div>
    </>
  );
}

function TurnOff({ proven }: { proven: Proven }) {
  const [asked, setAsked] = useState(false);
  const remove = useMutation({
    mutationFn: () => proven(removeTotp),
    onSuccess: async () => {
      setAsked(false);
      toast("The authenticator app is turned off.");
      await refreshFactors();
    },
  });
  return (
    <>
      <Button kind="risk" onPress={() => setAsked(true)} aria-label="Turn off the authenticator app">
        Turn off
      </Button>
      <Dialog title="Turn the authenticator app off?" isOpen={asked} onClose={() => setAsked(false)} alert>
        <p>Its codes are no longer asked for, nor good for anything. If it is your only second factor, your recovery codes end with it.</p>
        {remove.error && <Failure what="It is still on." problem={asProblem(remove.error)} />}
        <DialogActions>
          <Button onPress={() => setAsked(false)}>Keep it</Button>
          <Button kind="danger" onPress={() => remove.mutate()} busy={remove.isPending}>
            Turn off
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}

function NewCodes({ proven, onMade }: { proven: Proven; onMade: (codes: string[]) => void }) {
  const [asked, setAsked] = useState(false);
  const renew = useMutation({
    mutationFn: () => proven(renewRecoveryCodes),
    onSuccess: (codes) => {
      setAsked(false);
      onMade(codes);
    },
  });
  return (
    <>
      <Button onPress={() => setAsked(true)} aria-label="New codes for recovery">
        New codes
      </Button>
      <Dialog title="Make new recovery codes?" isOpen={asked} onClose={() => setAsked(false)}>
        <p>The ones that you kept are good for nothing from then on.</p>
        {renew.error && <Failure what="The old ones are still good." problem={asProblem(renew.error)} />}
        <DialogActions>
          <Button onPress={() => setAsked(false)}>Keep the old ones</Button>
          <Button kind="primary" onPress={() => renew.mutate()} busy={renew.isPending}>
            Make new ones
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
