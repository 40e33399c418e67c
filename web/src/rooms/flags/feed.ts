import { useCallback, useEffect } from "react";
import { cache } from "../../api/cache";
import { useLiveness, useMessages } from "../../ui/live_context";
import { flagsKey } from "./queries";

const ask_again_ms = 5_000;

const ask = () => void cache.invalidateQueries({ queryKey: flagsKey });

/** What other people publish is on the page at once; while there is no stream it is asked for. Alone, because silence is looked at each second. */
export function FlagsFeed() {
  const { stale } = useLiveness();
  useMessages("flags", useCallback(ask, []));
  useEffect(() => {
    if (!stale) return undefined;
    const timer = setInterval(ask, ask_again_ms);
    return () => clearInterval(timer);
  }, [stale]);
  return null;
}
