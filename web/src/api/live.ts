// One stream of events a browser. The tab that holds the lock reads GET /v1/events and tells the
// others over a BroadcastChannel; when it closes, the lock passes on and another tab connects.

import { serverClock, sessionLost } from "./client";
import { SseParser, type Frame } from "./sse";

export const stale_after_ms = 40_000;
const grace_ms = 2_000;
const retry_min_ms = 250;
const retry_max_ms = 10_000;
const drain_jitter_ms = 1_000;

export interface Message {
  topic: string;
  id: string;
  verb: string;
  patch: unknown;
}

/** How the stream fares: pure, so that the rule "a stale number never looks live" can be tested. */
export interface Connection {
  /** When the stream was lost; undefined while it is open. */
  lostAt: number | undefined;
  /** When anything was last heard, heartbeats too. */
  heardAt: number;
}

export type LiveEvent =
  | { kind: "open"; at: number }
  | { kind: "heard"; at: number }
  | { kind: "lost"; at: number };

export function connection(state: Connection, event: LiveEvent): Connection {
  switch (event.kind) {
    case "open":
      return { lostAt: undefined, heardAt: event.at };
    case "heard":
      return { lostAt: undefined, heardAt: Math.max(state.heardAt, event.at) };
    case "lost":
      return { ...state, lostAt: state.lostAt ?? event.at };
  }
}

/** A reconnection of less than two seconds (a drain) is no news. */
export function isStale(state: Connection, now: number): boolean {
  if (state.lostAt !== undefined && now - state.lostAt > grace_ms) return true;
  return now - state.heardAt > stale_after_ms;
}

/** Full jitter, so that a restarted node is not met by all browsers at once. */
export function backoff(attempt: number, chance: number): number {
  const ceiling = Math.min(retry_max_ms, retry_min_ms * 2 ** Math.min(attempt, 10));
  return Math.round(retry_min_ms / 2 + chance * ceiling);
}

export function messageOf(frame: Frame): Message | undefined {
  if (frame.kind !== "event") return undefined;
  try {
    const parsed: unknown = JSON.parse(frame.data);
    if (parsed === null || typeof parsed !== "object") return undefined;
    const { topic = frame.event, id = "", verb = "", patch = {} } = parsed as Partial<Message>;
    return { topic, id, verb, patch };
  } catch {
    return undefined;
  }
}

type Shared = { type: "message"; message: Message } | { type: "live"; event: LiveEvent } | { type: "hello" };

export class Live {
  private state: Connection = { lostAt: undefined, heardAt: Date.now() };
  private readonly watchers = new Set<() => void>();
  private readonly readers = new Set<(message: Message) => void>();
  private readonly stopper = new AbortController();
  private channel: BroadcastChannel | undefined;
  private lastId: string | undefined;
  private leads = false;
  private drained = false;

  constructor(private readonly topics: readonly string[]) {}

  start(): void {
    if (typeof BroadcastChannel !== "undefined" && navigator.locks) {
      this.channel = new BroadcastChannel("acme-live");
      this.channel.onmessage = (event: MessageEvent<Shared>) => this.told(event.data);
      this.channel.postMessage({ type: "hello" } satisfies Shared);
      navigator.locks
        .request("acme-live", { signal: this.stopper.signal }, () => this.lead())
        .catch(() => undefined);
    } else {
      // No locks outside a secure context: each tab reads for itself.
      void this.lead();
    }
  }

  stop(): void {
    this.stopper.abort();
    this.channel?.close();
  }

  onMessage(reader: (message: Message) => void): () => void {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  current = (): Connection => this.state;

  private apply(event: LiveEvent): void {
    this.state = connection(this.state, event);
    for (const watcher of this.watchers) watcher();
  }

  private deliver(message: Message): void {
    for (const reader of this.readers) reader(message);
  }

  private told(shared: Shared): void {
    if (shared.type === "message") this.deliver(shared.message);
    else if (shared.type === "live") this.apply(shared.event);
    else if (this.leads) this.share({ type: "live", event: this.state.lostAt === undefined ? { kind: "heard", at: this.state.heardAt } : { kind: "lost", at: this.state.lostAt } });
  }

  private share(shared: Shared): void {
    this.channel?.postMessage(shared);
  }

  private happened(event: LiveEvent): void {
    this.apply(event);
    this.share({ type: "live", event });
  }

  private async lead(): Promise<void> {
    this.leads = true;
    const { signal } = this.stopper;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const opened = await this.read(signal);
      if (signal.aborted) return;
      this.happened({ kind: "lost", at: Date.now() });
      if (opened) attempt = 0;
      const wait = this.drained ? Math.random() * drain_jitter_ms : backoff(attempt, Math.random());
      this.drained = false;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** Reads until the stream ends; true if it had begun. */
  private async read(signal: AbortSignal): Promise<boolean> {
    const silent = new AbortController();
    const watch = setInterval(() => {
      // A peer that vanished without a word: the heartbeat comes every 15 s.
      if (Date.now() - this.state.heardAt > stale_after_ms) silent.abort();
    }, 5_000);
    let opened = false;
    try {
      const response = await fetch(`/v1/events?topics=${this.topics.join(",")}`, {
        headers: { Accept: "text/event-stream", ...(this.lastId ? { "Last-Event-ID": this.lastId } : {}) },
        credentials: "same-origin",
        cache: "no-store",
        signal: AbortSignal.any([signal, silent.signal]),
      });
      if (response.status === 401) sessionLost();
      if (!response.ok || !response.body) return false;
      opened = true;
      this.happened({ kind: "open", at: Date.now() });
      await this.consume(response.body);
    } catch {
      return opened;
    } finally {
      clearInterval(watch);
    }
    return opened;
  }

  private async consume(stream: ReadableStream<Uint8Array>): Promise<void> {
    const parser = new SseParser();
    const decoder = new TextDecoder();
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.happened({ kind: "heard", at: Date.now() });
      for (const frame of parser.feed(decoder.decode(value, { stream: true }))) {
        if (frame.kind === "event" && frame.id !== undefined) this.lastId = frame.id;
        if (frame.kind === "event" && frame.event === "drain") {
          this.drained = true;
          await reader.cancel();
          return;
        }
        const message = messageOf(frame);
        if (!message) continue;
        this.deliver(message);
        this.share({ type: "message", message });
      }
    }
  }
}

/** The time of the server at which the stream was last heard. */
export function heardAtServer(state: Connection): number {
  return state.heardAt + serverClock.offset;
}
