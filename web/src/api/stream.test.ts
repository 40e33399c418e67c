import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { onSessionLost } from "./client";
import { Live, type Message } from "./live";

interface Opened {
  headers: Record<string, string>;
  url: string;
  say: (text: string) => void;
  end: () => void;
}

let opened: Opened[] = [];
let answers: number[] = [];
let live: Live;
let messages: Message[] = [];

beforeEach(() => {
  opened = [];
  answers = [];
  messages = [];
  vi.stubGlobal("fetch", async (url: string, options: { headers: Record<string, string> }) => {
    const status = answers.shift() ?? 200;
    if (status !== 200) return new Response("{}", { status });
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({ start: (made) => void (controller = made) });
    opened.push({
      url,
      headers: options.headers,
      say: (text) => controller?.enqueue(new TextEncoder().encode(text)),
      end: () => controller?.close(),
    });
    return new Response(body);
  });
  live = new Live(["nodes", "files"]);
  live.onMessage((message) => messages.push(message));
});

afterEach(() => {
  live.stop();
  vi.unstubAllGlobals();
});

async function connected(times: number): Promise<Opened> {
  await vi.waitFor(() => expect(opened).toHaveLength(times), { timeout: 5_000 });
  return opened[times - 1]!;
}

test("it asks for its topics and hands on what comes", async () => {
  live.start();
  const stream = await connected(1);
  expect(stream.url).toBe("/v1/events?topics=nodes,files");
  stream.say('id: 3\nevent: files\ndata: {"topic":"files","id":"fil_1","verb":"created","patch":{}}\n\n');
  await vi.waitFor(() => expect(messages).toEqual([{ topic: "files", id: "fil_1", verb: "created", patch: {} }]));
});

test("after a loss it comes back and says where it was", async () => {
  live.start();
  const first = await connected(1);
  first.say('id: 7\nevent: files\ndata: {"id":"fil_1"}\n\n');
  await vi.waitFor(() => expect(messages).toHaveLength(1));
  first.end();
  const second = await connected(2);
  expect(second.headers["Last-Event-ID"]).toBe("7");
  await vi.waitFor(() => expect(live.current().lostAt).toBeUndefined());
});

test("a drain makes it leave at once for another node", async () => {
  live.start();
  const first = await connected(1);
  first.say("event: drain\ndata: {}\n\n");
  await connected(2);
});

test("a node that is not there is tried again until one answers", async () => {
  answers = [503, 503];
  live.start();
  await connected(1);
  expect(live.current().lostAt).toBeUndefined();
});

test("a refused session is told", async () => {
  answers = [401];
  const told = vi.fn();
  const forget = onSessionLost(told);
  live.start();
  await vi.waitFor(() => expect(told).toHaveBeenCalled());
  forget();
});
