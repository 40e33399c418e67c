// @vitest-environment node
import { describe, expect, it } from "vitest";
import { createAcme } from "./acme.js";
import { Problem } from "./problem.js";
import { retried } from "./retry.js";
import { TokenSource, byPrivateKey, bySecret } from "./tokens.js";

const url = "https://acme.example";
const life_s = 86_400;

/** Answers in order; the last one over and over. */
function answering(...answers: (() => Response)[]) {
  const requests: Request[] = [];
  const send = async (request: Request): Promise<Response> => {
    requests.push(request.clone());
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    if (!answer) throw new Error("no answer");
    return answer();
  };
  return { requests, send };
}

const json = (status: number, body: object, headers: Record<string, string> = {}) => () => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
const token = (text: string) => json(200, { access_token: text, expires_in: life_s });
const lost = () => {
  throw new TypeError("fetch failed");
};
const page = json(200, { data: [], next_cursor: null });

describe("TokenSource", () => {
  it("asks for the next token when four fifths of the life are over, and nobody waits for it", async () => {
    let now = 0;
    const { requests, send } = answering(token("one"), token("two"));
    const source = new TokenSource(url, bySecret("usr_a", "acs_b"), send, () => now);
    expect(await source.token()).toBe("one");
    expect(await requests[0]?.text()).toBe("grant_type=client_credentials&client_id=usr_a&client_secret=acs_b");
    now = life_s * 1000 * 0.74;
    expect(await source.token()).toBe("one");
    expect(requests).toHaveLength(1);
    now = life_s * 1000 * 0.86;
    expect(await source.token()).toBe("one");
    await expect.poll(() => source.token()).toBe("two");
    expect(requests).toHaveLength(2);
  });

  it("goes on with the present one to its end when no other is given, and says why after that", async () => {
    let now = 0;
    const { requests, send } = answering(token("one"), json(503, { title: "Busy" }));
    const source = new TokenSource(url, bySecret("a", "b"), send, () => now);
    await source.token();
    now = life_s * 900;
    expect(await source.token()).toBe("one");
    await expect.poll(() => requests.length).toBe(2);
    now = life_s * 1000;
    await expect(source.token()).rejects.toMatchObject({ status: 503 });
  });

  it("is asked once by many who wait", async () => {
    const { requests, send } = answering(token("one"));
    const source = new TokenSource(url, bySecret("a", "b"), send);
    expect(await Promise.all([source.token(), source.token(), source.token()])).toEqual(["one", "one", "one"]);
    expect(requests).toHaveLength(1);
  });

  it("proves itself with a signature that the public half verifies", async () => {
    const algorithm = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
    const pair = (await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"])) as CryptoKeyPair;
    const { client_assertion } = await byPrivateKey("usr_a", url, pair.privateKey)();
    const [head, claims, signature] = (client_assertion ?? "").split(".");
    const bytes = Buffer.from(signature ?? "", "base64url");
    expect(await crypto.subtle.verify("RSASSA-PKCS1-v1_5", pair.publicKey, bytes, Buffer.from(`${head}.${claims}`))).toBe(true);
    const said = JSON.parse(Buffer.from(claims ?? "", "base64url").toString());
    expect(said).toMatchObject({ iss: "usr_a", sub: "usr_a", aud: `${url}/oauth/token` });
    expect(said.exp - said.iat).toBe(300);
  });
});

describe("createAcme", () => {
  it("calls with the token, and with another one when that has ended before its time", async () => {
    const { requests, send } = answering(token("one"), json(401, { code: "tokens.invalid_token" }), token("two"), page);
    const acme = createAcme({ url, account: bySecret("a", "b"), fetch: send });
    await acme.GET("/v1/files");
    expect(requests.map((request) => request.headers.get("authorization"))).toEqual([null, "Bearer one", null, "Bearer two"]);
  });

  it("throws what a refusal says, and what a lost connection is", async () => {
    const refused = answering(json(404, { title: "Not found", code: "files.not_found", request_id: "r-1" }));
    const acme = createAcme({ url, key: "ack_x", fetch: refused.send });
    const error = await acme.GET("/v1/files/{id}", { params: { path: { id: "fil_1" } } }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Problem);
    expect(error).toMatchObject({ status: 404, code: "files.not_found", requestId: "r-1" });
    expect(refused.requests[0]?.headers.get("authorization")).toBe("Bearer ack_x");
    const gone = createAcme({ url, retries: false, fetch: lost });
    await expect(gone.GET("/v1/files")).rejects.toMatchObject({ status: 0 });
  });
});

describe("retried", () => {
  const pauses: number[] = [];
  const options = { wait: async (ms: number) => void pauses.push(ms) };
  const post = (key?: string) => new Request(`${url}/v1/orgs`, { method: "POST", body: "{}", headers: key ? { "Idempotency-Key": key } : {} });

  it("repeats what changes nothing, and what carries a key, with the same key and body", async () => {
    const { requests, send } = answering(lost, json(503, {}), page);
    expect((await retried(send, options)(new Request(`${url}/v1/files`))).status).toBe(200);
    const keyed = answering(lost, json(201, {}));
    expect((await retried(keyed.send, options)(post("k"))).status).toBe(201);
    expect(requests).toHaveLength(3);
    expect(await keyed.requests[1]?.text()).toBe("{}");
    expect(keyed.requests[1]?.headers.get("idempotency-key")).toBe("k");
  });

  it("sends once what could happen twice", async () => {
    const { requests, send } = answering(lost);
    await expect(retried(send, options)(post())).rejects.toThrow("fetch failed");
    const busy = answering(json(503, {}, { "Retry-After": "1" }));
    expect((await retried(busy.send, options)(post())).status).toBe(503);
    expect([requests.length, busy.requests.length]).toEqual([1, 1]);
  });

  it("waits as long as it is told, and not for minutes", async () => {
    pauses.length = 0;
    const limited = answering(json(429, {}, { "Retry-After": "7" }), json(201, {}));
    expect((await retried(limited.send, options)(post())).status).toBe(201);
    expect(pauses).toEqual([7000]);
    const long = answering(json(429, {}, { "Retry-After": "600" }));
    expect((await retried(long.send, options)(post())).status).toBe(429);
  });

  it("gives the last answer back", async () => {
    const { requests, send } = answering(json(502, {}));
    expect((await retried(send, options)(new Request(url))).status).toBe(502);
    expect(requests).toHaveLength(4);
  });
});
