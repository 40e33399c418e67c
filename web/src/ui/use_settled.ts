import { useEffect, useMemo, useState } from "react";

/** What was typed, when nothing more was typed for a moment. */
export function useSettled(value: string, ms = 300): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** The same of something made anew at each render: it is another one only when its JSON is. */
export function useSettledValue<T>(value: T, ms?: number): T {
  const settled = useSettled(JSON.stringify(value), ms);
  return useMemo(() => JSON.parse(settled) as T, [settled]);
}
