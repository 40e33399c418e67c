import { useCallback, useMemo, useReducer, useRef, useState } from "react";
import { cache } from "../../api/cache";
import type { Message } from "../../api/live";
import type { StoredFile } from "../../api/types";
import { useMessages } from "../../ui/live_context";
import { filesQuery, type FilesData } from "./queries";
import { nothing, rowsOf, waiting, type Waiting } from "./state";

export interface Rows {
  shown: readonly StoredFile[];
  /** How many new ones wait. */
  waiting: number;
  /** Deleted by somebody else while the list was being read. */
  gone: ReadonlySet<string>;
  show: () => void;
  /** Whether somebody points at the list or has the focus in it. */
  hold: (held: boolean) => void;
}

type Change = { kind: "message"; message: Message; shown: readonly StoredFile[] } | { kind: "shown" };

function reduce(state: Waiting, change: Change): Waiting {
  return change.kind === "shown" ? nothing : waiting(state, change.message, change.shown);
}

export function useRows(data: FilesData | undefined): Rows {
  const shown = useMemo(() => rowsOf(data), [data]);
  const [state, change] = useReducer(reduce, nothing);
  const [held, hold] = useState(false);
  const current = useRef({ shown, held });
  current.current = { shown, held };

  const show = useCallback(() => {
    void cache.invalidateQueries({ queryKey: filesQuery.queryKey }).then(() => change({ kind: "shown" }));
  }, []);

  useMessages(
    "files",
    useCallback(
      (message: Message) => {
        const { shown, held } = current.current;
        if (!held) show();
        else change({ kind: "message", message, shown });
      },
      [show],
    ),
  );

  const created = state.created.filter((id) => !shown.some((file) => file.id === id));
  return { shown, waiting: created.length, gone: new Set(state.deleted), show, hold };
}
