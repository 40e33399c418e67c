import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { ServiceAccount, ServiceAccountKey } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Failure } from "../../ui/layout";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import { graces } from "../keys/grace";
import styles from "../keys/keys.module.css";
import type { Made } from "./new_service_account";
import { addPublicKey, credentialsQuery, endCredential, makeSecret, serviceAccountsKey } from "./queries";
import { TokenHelp } from "./token_help";

interface Shared {
  account: ServiceAccount;
  /** Why nothing can be changed. */
  why?: string;
}

/** What an account proves itself with: secrets of which one replaces the other with overlap, and keys of its own. */
export function Credentials({ isOpen, onSecret, onClose, ...shared }: Shared & { isOpen: boolean; onSecret: (made: Made) => void; onClose: () => void }) {
  return (
    <Dialog title={`Secrets and keys of ${shared.account.name}`} isOpen={isOpen} onClose={onClose}>
      {isOpen && <Content {...shared} onSecret={onSecret} onClose={onClose} />}
    </Dialog>
  );
}

function Content({ account, why, onSecret, onClose }: Shared & { onSecret: (made: Made) => void; onClose: () => void }) {
  const query = useQuery(credentialsQuery(account.org, account.id));
  return (
    <div className={styles.form}>
      <Answer query={query} failure="Its secrets and keys did not come." rows={1} height={40}>
        {(credentials) =>
          credentials.length > 0 ? (
            <ul className={styles.within}>
              {credentials.map((credential) => (
                <Row key={credential.id} account={account} credential={credential} {...(why ? { why } : {})} />
              ))}
            </ul>
          ) : (
            <p>It has none, so it gets no token.</p>
          )
        }
      </Answer>
      {!why && <NewSecret account={account} onSecret={onSecret} onClose={onClose} />}
      {!why && <NewPublicKey account={account} />}
      <TokenHelp id={account.id} />
      <DialogActions>
        <Button onPress={onClose}>Close</Button>
      </DialogActions>
    </div>
  );
}

function Row({ account, credential, why }: Shared & { credential: ServiceAccountKey }) {
  const end = useMutation({
    mutationFn: () => endCredential(account.org, account.id, credential.id),
    onSuccess: async () => {
      toast("It has ended. Tokens got with it go on to their end.");
      await cache.invalidateQueries({ queryKey: serviceAccountsKey(account.org) });
    },
  });
  const name = credential.kind === "secret" ? "Secret" : "Public key";
  return (
    <li className={styles.row} data-testid="credential">
      <div className={styles.text}>
        <div className={styles.name}>{name}</div>
        {credential.thumbprint && (
          <div className={styles.note}>
            <code>{credential.thumbprint}</code>
          </div>
        )}
        <div className={styles.note}>
          made <Time at={credential.created_at} /> · {credential.last_used_at ? <>used <Time at={credential.last_used_at} /></> : "never used"}
          {credential.expires_at && <> · until <Time at={credential.expires_at} /></>}
        </div>
        {end.error && <Failure what="It goes on." problem={asProblem(end.error)} />}
      </div>
      <Button kind="risk" onPress={() => end.mutate()} busy={end.isPending} aria-label={`End this ${name.toLowerCase()}`} {...(why ? { why } : {})}>
        End
      </Button>
    </li>
  );
}

const overlaps = [["", "go on"], ...graces.map(([seconds, name]) => [seconds, `end ${name}`] as const)] as const;

function NewSecret({ account, onSecret, onClose }: Shared & { onSecret: (made: Made) => void; onClose: () => void }) {
  const [grace, setGrace] = useState<string>("");
  const make = useMutation({
    mutationFn: () => makeSecret(account.org, account.id, grace === "" ? undefined : Number(grace)),
    onSuccess: async ({ secret }) => {
      onClose();
      onSecret({ account, secret });
      await cache.invalidateQueries({ queryKey: serviceAccountsKey(account.org) });
    },
  });
  return (
    <>
      <Choice<string> label="The secrets that are there" value={grace} options={overlaps} onChange={setGrace} />
      {make.error && <Failure what="No secret was made." problem={asProblem(make.error)} />}
      <div className={styles.buttons}>
        <Button kind="primary" onPress={() => make.mutate()} busy={make.isPending}>
          New secret
        </Button>
      </div>
    </>
  );
}

function NewPublicKey({ account }: Shared) {
  const [text, setText] = useState("");
  const add = useMutation({
    mutationFn: () => addPublicKey(account.org, account.id, text.trim()),
    onSuccess: async () => {
      setText("");
      toast("The account can sign with its key.");
      await cache.invalidateQueries({ queryKey: serviceAccountsKey(account.org) });
    },
  });
  return (
    <>
      <label className={styles.area}>
        <span className={styles.label}>Public key</span>
        <textarea value={text} onChange={(event) => setText(event.target.value)} spellCheck={false} placeholder="-----BEGIN PUBLIC KEY-----" />
      </label>
      {add.error && <Failure what="The key was not taken." problem={asProblem(add.error)} />}
      <div className={styles.buttons}>
        <Button onPress={() => add.mutate()} isDisabled={text.trim() === ""} busy={add.isPending}>
          Add the public key
        </Button>
      </div>
    </>
  );
}
