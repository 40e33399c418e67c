import { useZone } from "./preferences";
import { ago, day, fullTime, isRecent, shortClock } from "./format";
import { Unseen } from "./mark";
import { useNow } from "./use_now";

/** Relative only under seven days; the exact time, in UTC and here, on hover and for screen readers. */
export function Time({ at }: { at: string }) {
  const now = useNow();
  const zone = useZone();
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return <>{at}</>;
  const exact = fullTime(ms, zone);
  return (
    <time dateTime={at} title={exact}>
      {isRecent(ms, now) ? ago(now - ms) : `${day(ms)}, ${shortClock(ms)} UTC`}
      <Unseen> ({exact})</Unseen>
    </time>
  );
}
