import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { Session } from "../../api/types";
import { Button } from "../../ui/button";
import { Dialog, DialogActions } from "../../ui/dialog";
import { plural } from "../../ui/format";
import { Answer } from "../../ui/answer";
import { Card, Failure } from "../../ui/layout";
import { Badge } from "../../ui/mark";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toast";
import { signOut } from "../sessions/queries";
import { deviceOf } from "./device";
import { revokeSession, sessionsQuery } from "./queries";
import styles from "./accounts.module.css";

export function Sessions({ onLeft }: { onLeft: () => void }) {
  const query = useQuery(sessionsQuery);
  const [asked, setAsked] = useState(false);
  const everywhere = useMutation({ mutationFn: () => signOut(true), onSuccess: onLeft });
  const sessions = query.data?.data ?? [];
  return (
    <Card title="Sessions" note={query.data && plural(sessions.length, "device")}>
      <Answer query={query} failure="The list of sessions did not come." rows={2} height={40}>
        {() => (
          <ul>
            {sessions.map((session) => (
              <Row key={session.id} session={session} />
            ))}
          </ul>
        )}
      </Answer>
      <div className={styles.foot}>
        <Button onPress={() => setAsked(true)}>Sign out everywhere</Button>
      </div>
      <Dialog title="Sign out everywhere?" isOpen={asked} onClose={() => setAsked(false)} alert>
        <p>{plural(sessions.length, "session ends", "sessions end")} within a second, this one too. Uploads that are still running on them are cut off. You sign in again with your password.</p>
        {everywhere.error && <Failure what="You are still signed in." problem={asProblem(everywhere.error)} />}
        <DialogActions>
          <Button onPress={() => setAsked(false)}>Stay signed in</Button>
          <Button kind="danger" onPress={() => everywhere.mutate()} busy={everywhere.isPending}>
            Sign out everywhere
          </Button>
        </DialogActions>
      </Dialog>
    </Card>
  );
}

function Row({ session }: { session: Session }) {
  const device = deviceOf(session.user_agent);
  const revoke = useMutation({
    mutationFn: () => revokeSession(session.id),
    onSuccess: async () => {
      toast(`The session of ${device} has ended.`);
      await cache.invalidateQueries({ queryKey: sessionsQuery.queryKey });
    },
  });
  return (
    <li className={styles.session} data-testid="session">
      <div className={styles.sessionText}>
        <div className={styles.device}>
          <span title={session.user_agent ?? undefined}>{device}</span> {session.current && <Badge tone="ok">this device</Badge>}
        </div>
        <div className={styles.seen}>
          {session.ip && <>{session.ip} · </>}
          {session.method === "link" && <>by link · </>}
          {session.method === "passkey" && <>by passkey · </>}
          {session.method === "oidc" && <>with a connected account · </>}
          {session.current ? "signed in " : "last seen "}
          <Time at={session.current ? session.created_at : session.last_seen_at} />
        </div>
        {revoke.error && <Failure what="The session goes on." problem={asProblem(revoke.error)} />}
      </div>
      {!session.current && (
        <Button onPress={() => revoke.mutate()} busy={revoke.isPending} aria-label={`End the session of ${device}`}>
          End
        </Button>
      )}
    </li>
  );
}
