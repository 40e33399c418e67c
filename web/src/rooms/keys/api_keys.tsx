import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { cache } from "../../api/cache";
import { asProblem } from "../../api/problem";
import type { ApiKey } from "../../api/types";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Card, Empty, Failure } from "../../ui/layout";
import { Badge } from "../../ui/mark";
import { More } from "../../ui/more";
import { Time } from "../../ui/time";
import { toast } from "../../ui/toasts";
import { NewKey } from "./new_key";
import { graces, type Grace } from "./grace";
import { keysKey, keysQuery, revokeKey, rotateKey } from "./queries";
import { ShownOnce } from "./shown_once";
import styles from "./keys.module.css";

/** With which one's programs call in one's own name. */
export function ApiKeys() {
  const query = useInfiniteQuery(keysQuery);
  const keys = query.data?.pages.flatMap((page) => page.data) ?? [];
  const [made, setMade] = useState<ApiKey>();
  const [asked, setAsked] = useState(false);
  const show = (key: ApiKey) => {
    setAsked(false);
    setMade(key);
    void cache.invalidateQueries({ queryKey: keysKey });
  };
  return (
    <Card title="API keys">
      <Answer query={query} failure="Your keys did not come." rows={2} height={40}>
        {() =>
          keys.length > 0 ? (
            <ul>
              {keys.map((key) => (
                <Row key={key.id} apiKey={key} onMade={show} />
              ))}
            </ul>
          ) : (
            <Empty title="You have no keys.">
              <p>A program that calls with a key acts in your name, and may no more than the key says.</p>
            </Empty>
          )
        }
      </Answer>
      <More query={query} what="keys" />
      <div className={styles.foot}>
        <Button onPress={() => setAsked(true)}>New API key</Button>
      </div>
      <NewKey isOpen={asked} onMade={show} onClose={() => setAsked(false)} />
      <ShownOnce title={`The key ${made?.name ?? ""}`} what="key" secret={made?.key} onClose={() => setMade(undefined)} />
    </Card>
  );
}

function Row({ apiKey, onMade }: { apiKey: ApiKey; onMade: (key: ApiKey) => void }) {
  const [asked, setAsked] = useState<"rotate" | "revoke">();
  return (
    <li className={styles.row} data-testid="api-key">
      <div className={styles.text}>
        <div className={styles.name}>
          {apiKey.name} {apiKey.replaced_by && <Badge tone="warn">replaced</Badge>}
        </div>
        <div className={styles.note}>
          <code>{apiKey.prefix}</code>… · {apiKey.scopes.join(", ")}
        </div>
        <div className={styles.note}>
          until <Time at={apiKey.expires_at} /> · {apiKey.last_used_at ? <>used <Time at={apiKey.last_used_at} /></> : "never used"}
        </div>
      </div>
      {!apiKey.replaced_by && (
        <Button onPress={() => setAsked("rotate")} aria-label={`Rotate ${apiKey.name}`}>
          Rotate
        </Button>
      )}
      <Button kind="risk" onPress={() => setAsked("revoke")} aria-label={`Revoke ${apiKey.name}`}>
        Revoke
      </Button>
      <Rotate apiKey={apiKey} isOpen={asked === "rotate"} onMade={onMade} onClose={() => setAsked(undefined)} />
      <Revoke apiKey={apiKey} isOpen={asked === "revoke"} onClose={() => setAsked(undefined)} />
    </li>
  );
}

function Rotate({ apiKey, isOpen, onMade, onClose }: { apiKey: ApiKey; isOpen: boolean; onMade: (key: ApiKey) => void; onClose: () => void }) {
  const [grace, setGrace] = useState<Grace>("86400");
  const rotate = useMutation({
    mutationFn: () => rotateKey(apiKey.id, Number(grace)),
    onSuccess: (made) => {
      onClose();
      onMade(made);
    },
  });
  return (
    <Dialog title={`Rotate ${apiKey.name}?`} isOpen={isOpen} onClose={onClose}>
      <p>Another key of the same name and scopes is made. Give it to the program before this one ends.</p>
      <Choice label="This key ends" value={grace} options={graces} onChange={setGrace} />
      {rotate.error && <Failure what="The key is as it was." problem={asProblem(rotate.error)} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" onPress={() => rotate.mutate()} busy={rotate.isPending}>
          Rotate
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Revoke({ apiKey, isOpen, onClose }: { apiKey: ApiKey; isOpen: boolean; onClose: () => void }) {
  const revoke = useMutation({
    mutationFn: () => revokeKey(apiKey.id),
    onSuccess: async () => {
      onClose();
      toast(`The key ${apiKey.name} was revoked.`);
      await cache.invalidateQueries({ queryKey: keysKey });
    },
  });
  return (
    <Dialog title={`Revoke ${apiKey.name}?`} isOpen={isOpen} onClose={onClose} alert>
      <p>Within a second no program can call with it any more. It does not come back.</p>
      {revoke.error && <Failure what="The key goes on." problem={asProblem(revoke.error)} />}
      <DialogActions>
        <Button onPress={onClose}>Keep</Button>
        <Button kind="danger" onPress={() => revoke.mutate()} busy={revoke.isPending}>
          Revoke
        </Button>
      </DialogActions>
    </Dialog>
  );
}
