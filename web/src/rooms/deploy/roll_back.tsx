import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Undo2 } from "lucide-react";
import { useState } from "react";
import { cache } from "../../api/cache";
import { serverClock } from "../../api/client";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/confirm";
import { day, duration, list, plural, shortClock, shortOf } from "../../ui/format";
import { Sha, Whole } from "../../ui/mark";
import { toast } from "../../ui/toast";
import { touchedBy } from "./fleet";
import { Guide } from "./parts";
import { currentQuery, figuresQuery, fleetQuery, intent, releasesQuery, rollBack } from "./queries";

export interface RollBackProps {
  /** Where it returns to; undefined when there is nowhere. */
  to: string | undefined;
  from: string | undefined;
  /** Why it cannot be pressed. */
  why?: string | undefined;
  /** Said of what is returned from: "5 % of traffic". */
  fromNote?: string | undefined;
  /** A canary is asked about as what it is. */
  isCanary?: boolean;
  label?: string;
}

/** Level three: typed, or held on a touch screen. The dialog says what it does before it is done. */
export function RollBack({ to, from, why, fromNote, isCanary = false, label = "Roll back" }: RollBackProps) {
  const [isOpen, setOpen] = useState(false);
  const [byTouch, setByTouch] = useState(false);
  const reason = why ?? (to === undefined ? "No release was good before this one." : undefined);
  return (
    <>
      <Button kind="risk" icon={<Undo2 aria-hidden="true" />} {...(reason === undefined ? {} : { why: reason })} onPress={({ pointerType }) => {
          setByTouch(pointerType === "touch");
          setOpen(true);
        }}
      >
        {label}
      </Button>
      {to !== undefined && reason === undefined && (
        <RollBackDialog to={to} from={from} fromNote={fromNote} isCanary={isCanary} byTouch={byTouch} isOpen={isOpen} onClose={() => setOpen(false)} />
      )}
    </>
  );
}

interface DialogProps {
  to: string;
  from: string | undefined;
  fromNote: string | undefined;
  isCanary: boolean;
  byTouch: boolean;
  isOpen: boolean;
  onClose: () => void;
}

function RollBackDialog({ to, from, fromNote, isCanary, byTouch, isOpen, onClose }: DialogProps) {
  const navigate = useNavigate();
  const { data: fleet } = useQuery({ ...fleetQuery, enabled: isOpen });
  const { data: figures } = useQuery({ ...figuresQuery, enabled: isOpen });
  const { data: releases } = useQuery({ ...releasesQuery, enabled: isOpen });
  const [wanted] = useState(() => intent({ to, reason: "" }));
  const request = useMutation({
    mutationFn: () => rollBack(wanted),
    onSuccess: async (made) => {
      void cache.invalidateQueries({ queryKey: ["deployments"] });
      void cache.invalidateQueries({ queryKey: currentQuery.queryKey });
      toast(`Everything returns to ${shortOf(to)}.`, "active");
      onClose();
      await navigate({ to: "/releases/$id", params: { id: made.id } });
    },
  });
  const goodAt = releases?.data.find((release) => release.id === to)?.good_at;
  const median = figures?.time_to_restore.median_ms;
  return (
    <Confirm
      title={isCanary ? "Roll back the canary?" : `Roll back to ${shortOf(to)}?`}
      verb="Roll back"
      name={shortOf(to)}
      effect={<Effect to={to} touched={fleet && touchedBy(fleet, to)} />}
      route={{
        from: from === undefined ? "–" : <Sha value={from} />,
        fromNote,
        to: <Sha value={to} />,
        toNote: goodAt ? `known good since ${sinceWhen(Date.parse(goodAt), serverClock.now())}` : "known good",
        takes:
          median == null ? (
            <>
              under 3 min <Guide at="manual" />
            </>
          ) : (
            `about ${duration(median)}`
          ),
      }}
      wayBack={from === undefined ? "The way back is a new deployment." : `The way back: deploy ${shortOf(from)} again. It goes through its canary as any release does.`}
      command={`acme deploy rollback --to ${shortOf(to)}`}
      byTouch={byTouch}
      isOpen={isOpen}
      busy={request.isPending}
      problem={request.error ? asProblem(request.error) : null}
      onConfirm={() => request.mutate()}
      onClose={() => {
        request.reset();
        onClose();
      }}
    />
  );
}

/** The time of today, the day of any other. */
function sinceWhen(at: number, now: number): string {
  return day(at) === day(now) ? `${shortClock(at)} UTC` : day(at);
}

function Effect({ to, touched }: { to: string; touched: ReturnType<typeof touchedBy> | undefined }) {
  const rest = "No canary runs before it: the release was good here. Migrations stay as they are.";
  if (!touched) return <>Every node that does not run it is drained and gets it again. {rest}</>;
  if (touched.touched.length === 0) return <>Every node runs {shortOf(to)} already. Nothing is drained.</>;
  const names = touched.touched.map((node) => node.name);
  const does = names.length === 1 ? "drains its requests, then starts" : "drain their requests, then start";
  const others = touched.untouched === 0 ? "" : ` The other ${plural(touched.untouched, "node")} ${touched.untouched === 1 ? "is" : "are"} not touched.`;
  return (
    <Whole>{`${list(names)} ${does} ${shortOf(to)} again.${others} ${rest}`}</Whole>
  );
}
