import type { Node, Nodes } from "../api/types";

/** A fleet as the API answers, for tests only. */
export function nodeOf(name: string, change: Partial<Node> = {}): Node {
  return {
    id: `nod_${name}`,
    name,
    role: "serve",
    release: "7c41e9a",
    address: "127.0.0.2:8080",
    pid: 4711,
    state: "ready",
    started_at: "2026-11-23T10:00:00.000Z",
    seen_at: "2026-11-23T14:07:20.000Z",
    requests_per_second: 10,
    error_ratio: 0,
    p50_ms: 3,
    p95_ms: 12,
    p99_ms: 40,
    in_flight: 1,
    memory_bytes: 31_457_280,
    cpu_share: 0.02,
    ...change,
  };
}

export function nodesOf(change: Partial<Nodes> = {}): Nodes {
  return {
    data: [nodeOf("app-1"), nodeOf("app-2"), nodeOf("app-3"), nodeOf("worker-1", { role: "worker" }), nodeOf("worker-2", { role: "worker" }), nodeOf("scheduler-1", { role: "scheduler" })],
    as_of: "2026-11-23T14:07:20.000Z",
    dependencies: [
      { name: "PostgreSQL", kind: "postgresql", state: "up", latency_ms: 0.8, detail: null },
      { name: "Redis", kind: "redis", state: "up", latency_ms: 0.2, detail: null },
      { name: "Object storage", kind: "objects", state: "up", latency_ms: 3, detail: null },
    ],
    totals: { requests_per_second: 30, error_ratio: 0, p50_ms: 3, p95_ms: 12, p99_ms: 40 },
    ...change,
  };
}
