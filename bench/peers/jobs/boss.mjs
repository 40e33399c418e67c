// pg-boss: four pollers of a thousand jobs each, woken by NOTIFY.
import pg from 'pg';
import { PgBoss } from 'pg-boss';

const name = 'noop';

export async function open({ DATABASE_URL }) {
  const boss = new PgBoss({ connectionString: DATABASE_URL, max: 64, useListenNotify: true, supervise: false, schedule: false });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue(name, { notify: true });
  const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 1 });
  const dueAt = (later) => (later ? { startAfter: 86_400 } : {});
  return {
    batch: 10_000,
    add: (n) => boss.send(name, { n }),
    addMany: (numbers, later) => boss.insert(name, numbers.map((n) => ({ data: { n }, ...dueAt(later) }))),
    left: async () => {
      const { rows } = await pool.query(
        "SELECT 1 FROM pgboss.job WHERE name = 'noop' AND state < 'completed' AND start_after <= now() LIMIT 1",
      );
      return rows.length;
    },
    work: async (onJob) => {
      const options = {
        batchSize: 1_000, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5,
        localConcurrency: 4,
      };
      await boss.work(name, options, async (jobs) => jobs.forEach((job) => onJob(job.data.n)));
      return () => boss.offWork(name);
    },
    close: async () => {
      await pool.end();
      await boss.stop({ graceful: false });
    },
  };
}
