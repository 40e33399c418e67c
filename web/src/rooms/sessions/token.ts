import { useEffect, useState } from "react";

/** "#token=abc" or "#abc". A fragment is sent to no server and stands in no log. */
export function tokenOf(fragment: string): string {
  const text = fragment.replace(/^#/, "");
  return new URLSearchParams(text).get("token") ?? (text.includes("=") ? "" : text);
}

/** Of the address that was opened. It shall not stay in the history of the browser. */
export function useToken(): string {
  const [token] = useState(() => tokenOf(location.hash));
  useEffect(() => {
    if (location.hash) history.replaceState(history.state, "", location.pathname);
  }, []);
  return token;
}
