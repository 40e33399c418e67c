import { useMemo } from "react";
import { useZone } from "./preferences";
import { ago, day, fullTime, isRecent, shortClock } from "./format";
import { Unseen } from "./mark";
import { useWordsOf } from "./use_now";

const step_ms = 10_000;

/** So that a list of a thousand is not drawn anew each second: past a minute in steps of ten seconds. */
function said(age: number): string {
  return ago(age < 60_000 ? age : age - (age % step_ms));
}

/** Relative only under seven days; the exact time, in UTC and here, on hover and for screen readers. */
export function Time({ at }: { at: string }) {
  const zone = useZone();
  const ms = Date.parse(at);
  const words = useWordsOf((now) => (isRecent(ms, now) ? said(now - ms) : ""));
  const exact = useMemo(() => (Number.isNaN(ms) ? "" : fullTime(ms, zone)), [ms, zone]);
  if (Number.isNaN(ms)) return <>{at}</>;
  return (
    <time dateTime={at} title={exact}>
      {words || `${day(ms)}, ${shortClock(ms)} UTC`}
      <Unseen> ({exact})</Unseen>
    </time>
  );
}
