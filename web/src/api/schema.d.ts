// Written by hand after C-8 until the binary prints its OpenAPI document; then `npm run types`.

export interface components {
  schemas: {
    Me: {
      id: string;
      email: string;
      name: string;
      org: { id: string; name: string; role: "member" | "admin" | "owner" };
      platform_role: "viewer" | "operator" | "admin" | null;
      permissions: string[];
      created_at: string;
    };
    Session: {
      id: string;
      method: "password" | "link";
      user_agent: string;
      ip: string;
      created_at: string;
      last_seen_at: string;
      expires_at: string;
      current: boolean;
    };
    File: {
      id: string;
      name: string;
      content_type: string;
      size: number;
      sha256: string;
      created_at: string;
    };
    Node: {
      id: string;
      name: string;
      role: "serve" | "worker" | "scheduler";
      release: string;
      address: string;
      pid: number;
      state: "starting" | "ready" | "draining" | "dead";
      started_at: string;
      seen_at: string;
      requests_per_second: number | null;
      error_ratio: number | null;
      p50_ms: number | null;
      p95_ms: number | null;
      p99_ms: number | null;
      in_flight: number | null;
      memory_bytes: number | null;
      cpu_share: number | null;
    };
    Dependency: { name: string; kind: "postgresql" | "redis" | "objects"; state: "up" | "down" | "unknown"; latency_ms: number | null; detail: string | null };
    Totals: {
      requests_per_second: number | null;
      error_ratio: number | null;
      p50_ms: number | null;
      p95_ms: number | null;
      p99_ms: number | null;
    };
    Nodes: {
      data: components["schemas"]["Node"][];
      as_of: string;
      dependencies: components["schemas"]["Dependency"][];
      totals: components["schemas"]["Totals"];
    };
  };
}

type Schemas = components["schemas"];
type Json<T> = { content: { "application/json": T } };
type None = { parameters: { query?: never; header?: never; path?: never; cookie?: never } };
type Get<T, Q = never> = { parameters: { query?: Q }; responses: { 200: Json<T> } };
type Post<B, T = unknown> = {
  parameters: { header?: { "Idempotency-Key"?: string } };
  requestBody: Json<B>;
  responses: { 200: Json<T> };
};
type PostNothing = { parameters: None["parameters"]; responses: { 204: { content?: never } } };

export interface paths {
  "/v1/auth/login": { post: Post<{ email: string; password: string }> };
  "/v1/auth/link": { post: Post<{ token: string }> };
  "/v1/auth/logout": { post: PostNothing };
  "/v1/auth/logout_all": { post: PostNothing };
  "/v1/auth/password/change": { post: Post<{ current: string; new: string }> };
  "/v1/me": {
    get: Get<Schemas["Me"]>;
    patch: {
      parameters: { header: { "If-Match": string } };
      requestBody: { content: { "application/merge-patch+json": { name?: string } } };
      responses: { 200: Json<Schemas["Me"]> };
    };
  };
  "/v1/me/sessions": { get: Get<{ data: Schemas["Session"][]; next_cursor: string | null }, { limit?: number; cursor?: string }> };
  "/v1/me/sessions/{id}": {
    delete: { parameters: { path: { id: string } }; responses: { 204: { content?: never } } };
  };
  "/v1/files": { get: Get<{ data: Schemas["File"][]; next_cursor: string | null }, { limit?: number; cursor?: string }> };
  "/v1/files/{id}": {
    delete: { parameters: { path: { id: string } }; responses: { 204: { content?: never } } };
  };
  "/v1/nodes": { get: Get<Schemas["Nodes"]> };
}
