// The wire of server-sent events (WHATWG HTML, 9.2.6), read from fetch. EventSource would hide the
// heartbeats, which are comments, and the status of a refused connection; both are needed here.

export type Frame = { kind: "event"; event: string; id: string | undefined; data: string } | { kind: "comment" } | { kind: "retry"; ms: number };

/** Feed text in pieces of any size; frames come out whole. */
export class SseParser {
  private rest = "";
  private event = "";
  private id: string | undefined;
  private data: string[] = [];

  feed(text: string): Frame[] {
    const frames: Frame[] = [];
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      const frame = this.line(line);
      if (frame) frames.push(frame);
    }
    return frames;
  }

  private line(line: string): Frame | undefined {
    if (line === "") return this.dispatch();
    if (line.startsWith(":")) return { kind: "comment" };
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.event = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id" && !value.includes("\0")) this.id = value;
    else if (field === "retry" && /^\d+$/.test(value)) return { kind: "retry", ms: Number(value) };
    return undefined;
  }

  private dispatch(): Frame | undefined {
    const { event, data, id } = this;
    this.event = "";
    this.data = [];
    if (data.length === 0 && event === "") return undefined;
    return { kind: "event", event: event || "message", id, data: data.join("\n") };
  }
}
