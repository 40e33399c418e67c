import { createContext, useContext, useMemo, useState, type ReactNode } from "react";

interface Crosshair {
  /** ms; undefined while nobody points. */
  at: number | undefined;
  point: (at: number | undefined) => void;
}

const Context = createContext<Crosshair | undefined>(undefined);

/** All charts in it show the same moment. */
export function CrosshairProvider({ children }: { children: ReactNode }) {
  const [at, point] = useState<number>();
  const value = useMemo(() => ({ at, point }), [at]);
  return <Context value={value}>{children}</Context>;
}

export function useCrosshair(): Crosshair {
  const own = useState<number>();
  return useContext(Context) ?? { at: own[0], point: own[1] };
}
