import { useMutation, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { ConnectedIdentity, Me } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { Card, Failure } from "../../ui/layout";
import { Dot } from "../../ui/mark";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import { useProof, type Proven } from "../accounts/proof";
import { connect, disconnect, identitiesQuery, providersQuery } from "./queries";
import { sentenceOf } from "./words";
import styles from "./identities.module.css";

/** The accounts elsewhere with which one signs in; nothing where there neither are any nor can be. */
export function Connected({ me }: { me: Me }) {
  const { problem } = useSearch({ from: "/shell/me" });
  const { data: providers } = useQuery(providersQuery);
  const query = useQuery(identitiesQuery);
  const { proven, dialog } = useProof(me);
  const leave = useMutation({ mutationFn: (provider: string) => proven(() => connect(provider)), onSuccess: (there) => location.assign(there) });
  if (!providers?.data.length && !query.data?.data.length) return null;
  return (
    <Card title="Connected accounts">
      {problem && (
        <div className={styles.problem} role="alert">
          <Dot tone="crit" />
          <p>
            <strong>The account was not connected.</strong> {sentenceOf(problem)}
          </p>
        </div>
      )}
      <Answer query={query} failure="The connected accounts did not come." rows={1} height={54}>
        {({ data }) =>
          data.length > 0 ? (
            <ul>
              {data.map((identity) => (
                <Row key={identity.id} identity={identity} proven={proven} />
              ))}
            </ul>
          ) : (
            <p className={styles.none}>Connect one, and you can sign in with it as well.</p>
          )
        }
      </Answer>
      {providers && providers.data.length > 0 && (
        <div className={styles.foot}>
          {providers.data.map(({ name, title }) => (
            <Button key={name} onPress={() => leave.mutate(name)} busy={leave.isPending && leave.variables === name}>
              Connect {title}
            </Button>
          ))}
          {leave.error && <Failure what="You are still here." problem={asProblem(leave.error)} />}
        </div>
      )}
      {dialog}
    </Card>
  );
}

function Row({ identity, proven }: { identity: ConnectedIdentity; proven: Proven }) {
  const remove = useMutation({
    mutationFn: () => proven(() => disconnect(identity.id)),
    onSuccess: async () => {
      toast(`${identity.title} was disconnected.`);
      await cache.invalidateQueries({ queryKey: identitiesQuery.queryKey });
    },
  });
  return (
    <li className={styles.row} data-testid="identity">
      <div className={styles.text}>
        <div className={styles.title}>{identity.title}</div>
        <div className={styles.about}>
          {identity.email && <>{identity.email} · </>}last used <Time at={identity.last_used_at} />
        </div>
        {remove.error && <Failure what="It is still connected." problem={asProblem(remove.error)} />}
      </div>
      <Button onPress={() => remove.mutate()} busy={remove.isPending} aria-label={`Disconnect ${identity.title} ${identity.email ?? ""}`.trim()}>
        Disconnect
      </Button>
    </li>
  );
}
