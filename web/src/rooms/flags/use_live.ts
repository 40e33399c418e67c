import { useCallback } from "react";
import { cache } from "../../api/cache";
import { useMessages } from "../../ui/live_context";
import { flagsKey } from "./queries";

/** What other people publish is on this page at once. */
export function useLiveFlags(): void {
  useMessages(
    "flags",
    useCallback(() => void cache.invalidateQueries({ queryKey: flagsKey }), []),
  );
}
