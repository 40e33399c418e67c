import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { Me, ServiceAccount } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Card, Empty, Failure } from "../../ui/layout";
import { Badge } from "../../ui/mark";
import { More } from "../../ui/more";
import { toast } from "../../ui/toasts";
import styles from "../keys/keys.module.css";
import { ShownOnce } from "../keys/shown_once";
import { Credentials } from "./credentials";
import { NewServiceAccount, type Made } from "./new_service_account";
import { removeServiceAccount, serviceAccountsKey, serviceAccountsQuery, setState } from "./queries";
import { TokenHelp } from "./token_help";

/** Programs that belong to the organization and to no person. */
export function ServiceAccounts({ me }: { me: Me }) {
  const org = me.org.id;
  const query = useInfiniteQuery(serviceAccountsQuery(org));
  const accounts = query.data?.pages.flatMap((page) => page.data) ?? [];
  const [asked, setAsked] = useState(false);
  const [made, setMade] = useState<Made>();
  return (
    <Card title="Service accounts">
      <Answer query={query} failure="The service accounts did not come." rows={2} height={40}>
        {() =>
          accounts.length > 0 ? (
            <ul>
              {accounts.map((account) => (
                <Row key={account.id} me={me} account={account} onSecret={setMade} />
              ))}
            </ul>
          ) : (
            <Empty title="No program has an account here.">
              <p>A service account calls in its own name, and goes on when the person who made it leaves.</p>
            </Empty>
          )
        }
      </Answer>
      <More query={query} what="accounts" />
      <div className={styles.foot}>
        <Button onPress={() => setAsked(true)}>New service account</Button>
      </div>
      <NewServiceAccount
        org={org}
        isOpen={asked}
        onMade={(account) => {
          setAsked(false);
          setMade(account);
          void cache.invalidateQueries({ queryKey: serviceAccountsKey(org) });
        }}
        onClose={() => setAsked(false)}
      />
      <ShownOnce title={`The secret of ${made?.account.name ?? ""}`} what="secret" secret={made?.secret} onClose={() => setMade(undefined)}>
        {made && <TokenHelp id={made.account.id} />}
      </ShownOnce>
    </Card>
  );
}

function Row({ me, account, onSecret }: { me: Me; account: ServiceAccount; onSecret: (made: Made) => void }) {
  const [asked, setAsked] = useState<"keys" | "disable" | "remove">();
  const close = () => setAsked(undefined);
  const enable = useMutation({
    mutationFn: () => setState(account.org, account.id, "active"),
    onSuccess: async () => {
      toast(`${account.name} gets tokens again.`);
      await cache.invalidateQueries({ queryKey: serviceAccountsKey(account.org) });
    },
  });
  const isDisabled = account.state === "disabled";
  // Or the administrators of an organization could take a role on the platform for themselves.
  const why = account.platform_role && me.platform_role !== "admin" ? { why: "It has a role on the platform: only the platform's administrators change it." } : {};
  return (
    <li className={styles.row} data-testid="service-account">
      <div className={styles.text}>
        <div className={styles.name}>
          {account.name} {isDisabled && <Badge tone="warn">disabled</Badge>} {account.org_role === "admin" && <Badge>administrator</Badge>}
          {account.platform_role && <Badge>platform {account.platform_role}</Badge>}
        </div>
        <div className={styles.note}>
          <code>{account.id}</code>
        </div>
        <div className={styles.note}>{account.scopes.join(", ")}</div>
        {enable.error && <Failure what="It is as it was." problem={asProblem(enable.error)} />}
      </div>
      <Button onPress={() => setAsked("keys")} aria-label={`Secrets and keys of ${account.name}`}>
        Keys
      </Button>
      {isDisabled ? (
        <Button {...why} onPress={() => enable.mutate()} busy={enable.isPending} aria-label={`Enable ${account.name}`}>
          Enable
        </Button>
      ) : (
        <Button {...why} kind="risk" onPress={() => setAsked("disable")} aria-label={`Disable ${account.name}`}>
          Disable
        </Button>
      )}
      <Button {...why} kind="risk" onPress={() => setAsked("remove")} aria-label={`Remove ${account.name}`}>
        Remove
      </Button>
      <Credentials account={account} isOpen={asked === "keys"} onSecret={onSecret} onClose={close} {...why} />
      <Ending account={account} verb="Disable" isOpen={asked === "disable"} end={() => setState(account.org, account.id, "disabled")} onClose={close}>
        Its tokens end within a second, and it gets none until somebody enables it. Tokens that it had do not come back.
      </Ending>
      <Ending account={account} verb="Remove" isOpen={asked === "remove"} end={() => removeServiceAccount(account.org, account.id)} onClose={close}>
        Its secrets, keys and tokens end within a second, and it does not come back.
      </Ending>
    </li>
  );
}

function Ending({ account, verb, isOpen, end, onClose, children }: { account: ServiceAccount; verb: "Disable" | "Remove"; isOpen: boolean; end: () => Promise<void>; onClose: () => void; children: string }) {
  const act = useMutation({
    mutationFn: end,
    onSuccess: async () => {
      onClose();
      toast(`${account.name} was ${verb.toLowerCase()}d.`);
      await cache.invalidateQueries({ queryKey: serviceAccountsKey(account.org) });
    },
  });
  return (
    <Dialog title={`${verb} ${account.name}?`} isOpen={isOpen} onClose={onClose} alert>
      <p>{children}</p>
      {act.error && <Failure what="Nothing was changed." problem={asProblem(act.error)} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="danger" onPress={() => act.mutate()} busy={act.isPending}>
          {verb}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
