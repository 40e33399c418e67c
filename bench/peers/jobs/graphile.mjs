// graphile-worker, as its page on performance sets it up for one process.
import { makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';

export async function open({ DATABASE_URL }) {
  const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 64 });
  const preset = {
    worker: {
      concurrentJobs: 24,
      maxPoolSize: 25,
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  };
  const quiet = { error() {}, warn() {}, info() {}, debug() {} };
  const { Logger } = await import('graphile-worker');
  const logger = new Logger(() => (level, text) => quiet[level]?.(text));
  const utils = await makeWorkerUtils({ pgPool: pool, logger });
  await utils.migrate();
  const dueAt = (later) => (later ? { runAt: new Date(Date.now() + 86_400_000) } : {});
  return {
    batch: 10_000,
    add: (n) => utils.addJob('noop', { n }),
    addMany: (numbers, later) =>
      utils.addJobs(numbers.map((n) => ({ identifier: 'noop', payload: { n }, ...dueAt(later) }))),
    left: async () => {
      const { rows } = await pool.query('SELECT 1 FROM graphile_worker.jobs WHERE run_at <= now() LIMIT 1');
      return rows.length;
    },
    work: async (onJob) => {
      const runner = await run({
        preset, connectionString: DATABASE_URL, logger, noHandleSignals: true,
        taskList: { noop: ({ n }) => onJob(n) },
      });
      return () => runner.stop();
    },
    close: async () => {
      await utils.release();
      await pool.end();
    },
  };
}
