import { useEffect, useState } from "react";

/** Reads server-sent events while the page is there. `onMessage` does not change. True while the stream is lost. */
export function useStream(path: string | undefined, event: string, onMessage: (data: unknown) => void): boolean {
  const [isLost, setLost] = useState(false);
  useEffect(() => {
    if (path === undefined) return undefined;
    const source = new EventSource(path);
    const hear = (message: MessageEvent<string>) => {
      setLost(false);
      onMessage(JSON.parse(message.data));
    };
    source.addEventListener("open", () => setLost(false));
    source.addEventListener(event, hear);
    source.addEventListener("end", (message) => {
      hear(message as MessageEvent<string>);
      source.close();
    });
    // The browser comes back by itself: a drain, or a network that was away.
    source.addEventListener("error", () => setLost(true));
    return () => source.close();
  }, [path, event, onMessage]);
  return isLost;
}
