import { createContext, useContext, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { cache } from "../api/cache";
import { Live, isStale, type Connection, type Message } from "../api/live";
import { useNow } from "./use_now";

const Context = createContext<Live | undefined>(undefined);

export function LiveProvider({ topics, children }: { topics: readonly string[]; children: ReactNode }) {
  const wanted = topics.join(",");
  const [live, setLive] = useState<Live>();
  useEffect(() => {
    const made = new Live(wanted.split(","));
    // "reset": more was missed than the platform keeps, so all that is shown is asked for again.
    const forget = made.onMessage((message) => {
      if (message.topic === "reset") void cache.invalidateQueries();
    });
    made.start();
    setLive(made);
    return () => {
      forget();
      made.stop();
    };
  }, [wanted]);
  return <Context value={live}>{children}</Context>;
}

const nothing = () => () => undefined;
const quiet: Connection = { lostAt: undefined, heardAt: Number.POSITIVE_INFINITY };

/** Whether what is on the screen may be called live, and when it last was. */
export function useLiveness(): { stale: boolean; connection: Connection } {
  const live = useContext(Context);
  const connection = useSyncExternalStore(live?.watch ?? nothing, live?.current ?? (() => quiet));
  // Renders once a second: silence sends no event.
  useNow();
  return { stale: isStale(connection, Date.now()), connection };
}

/** `handler` may change from render to render. */
export function useMessages(topic: string, handler: (message: Message) => void): void {
  const live = useContext(Context);
  useEffect(() => live?.onMessage((message) => message.topic === topic && handler(message)), [live, topic, handler]);
}
