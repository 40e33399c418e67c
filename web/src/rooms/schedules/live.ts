import { useCallback } from "react";
import { cache } from "../../api/cache";
import type { Schedule } from "../../api/types";
import { useStream } from "../../ui/use_stream";
import { schedulesKey, schedulesQuery, streamOf, type Owner } from "./queries";

/** Keeps the list, and what is shown of each, as the node tells it. True while it does not. */
export function useLiveSchedules(owner: Owner): boolean {
  const hear = useCallback(
    (told: unknown) => {
      const list = schedulesQuery(owner).queryKey;
      cache.setQueryData(list, (told as { data: Schedule[] }).data);
      void cache.invalidateQueries({ queryKey: [...schedulesKey, owner], predicate: (query) => query.queryKey[2] !== list[2] });
    },
    [owner],
  );
  return useStream(streamOf(owner), "schedules", hear);
}
