// The peer of a request in a session on Node: fastify, pg and ioredis, as they come, without log,
// metrics and traces; else the same as peers/session. Arguments: port, database URL, Redis URL.
import { createHash } from "node:crypto";
import fastify from "fastify";
import { Redis } from "ioredis";
import pg from "pg";

const LIMIT = 1_000_000;
const [port, database, redisUrl] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: database });
const redis = new Redis(redisUrl);
const app = fastify();

async function admit(request, reply) {
  const value = /(?:^|; )acme_session=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  if (!value) return reply.code(401).send({ title: "Sign in first." });
  const key = createHash("sha256").update(value).digest("hex");
  const now = Date.now();
  const minute = `peer:limit:${key}:${Math.floor(now / 60_000)}`;
  const [[, stored], [, count]] = await redis
    .pipeline().get(`peer:session:${key}`).incr(minute).expire(minute, 120).exec();
  const session = stored && JSON.parse(stored);
  if (!session || Date.parse(session.expires_at) < now) return reply.code(401).send({ title: "Sign in first." });
  const left = LIMIT - count;
  reply.header("RateLimit", `"user";r=${left};t=${60 - Math.floor(now / 1000) % 60}`);
  if (left < 0) return reply.code(429).send({ title: "Too many requests." });
}

app.get("/my/rows/:id", { preHandler: admit }, async (request, reply) => {
  const id = Number(request.params.id);
  if (!Number.isInteger(id)) return reply.code(422).send({ title: "This is no number." });
  const { rows } = await pool.query({
    name: "find", text: "SELECT id, title, made_at FROM bench_rows WHERE id = $1", values: [id],
  });
  if (rows.length === 0) return reply.code(404).send({ title: "There is no such row." });
  return rows[0];
});
app.get("/healthz", async () => ({ status: "alive" }));

await app.listen({ host: "127.0.0.1", port: Number(port) });
