import { useEffect, useReducer } from "react";
import { changed, draftOf, keep, kept, sameAs, type Action, type Kept } from "./draft";
import type { Draft, Targeting } from "./types";

export interface Drafting {
  /** What the draft began from, and its version. */
  base: Draft;
  version: number;
  draft: Draft;
  isDirty: boolean;
  /** Somebody published since the draft was begun. */
  isBehind: boolean;
  change: (action: Action) => void;
  discard: () => void;
  /** Goes on from another state of the server: after a save, or a merge. */
  rebase: (base: Targeting, draft: Draft) => void;
}

const fresh = (targeting: Targeting): Kept => ({ version: targeting.version, base: draftOf(targeting), draft: draftOf(targeting) });

type Turn = { type: "change"; action: Action; from: Kept } | { type: "begin"; kept: Kept };

function turned(state: Kept, turn: Turn): Kept {
  if (turn.type === "begin") return turn.kept;
  // Where nothing was changed yet the draft begins from what is shown.
  const from = sameAs(state.base, state.draft) ? turn.from : state;
  return { ...from, draft: changed(from.draft, turn.action) };
}

/** One draft for a flag in an environment, kept over a reload. Mount it anew for another flag or environment. */
export function useDraft(targeting: Targeting): Drafting {
  const { flag, environment } = targeting;
  const [state, turn] = useReducer(turned, undefined, () => kept(flag, environment) ?? fresh(targeting));
  const isDirty = !sameAs(state.base, state.draft) && !sameAs(state.draft, draftOf(targeting));
  const shown = isDirty ? state : fresh(targeting);
  useEffect(() => keep(flag, environment, isDirty ? state : undefined), [flag, environment, isDirty, state]);
  return {
    ...shown,
    isDirty,
    isBehind: isDirty && state.version !== targeting.version,
    change: (action) => turn({ type: "change", action, from: shown }),
    discard: () => turn({ type: "begin", kept: fresh(targeting) }),
    rebase: (next, draft) => turn({ type: "begin", kept: { version: next.version, base: draftOf(next), draft: draftOf(draft) } }),
  };
}
