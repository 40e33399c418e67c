// BullMQ on Redis, which keeps an append-only file and syncs it each second: what most run it with.
import { Queue, Worker } from 'bullmq';
import IORedis from 'ioredis';

const name = 'noop';

export async function open({ REDIS_URL }) {
  const connection = new IORedis(REDIS_URL, { maxRetriesPerRequest: null });
  const queue = new Queue(name, { connection, defaultJobOptions: { removeOnComplete: true } });
  await queue.waitUntilReady();
  const dueIn = (later) => (later ? { delay: 86_400_000 } : {});
  return {
    batch: 1_000,
    add: (n) => queue.add(name, { n }),
    addMany: (numbers, later) => queue.addBulk(numbers.map((n) => ({ name, data: { n }, opts: dueIn(later) }))),
    left: async () => {
      const counts = await queue.getJobCounts('wait', 'active');
      return counts.wait + counts.active;
    },
    work: async (onJob) => {
      const worker = new Worker(name, async (job) => onJob(job.data.n), {
        connection: new IORedis(REDIS_URL, { maxRetriesPerRequest: null }), concurrency: 100,
      });
      await worker.waitUntilReady();
      return () => worker.close();
    },
    close: async () => {
      await queue.close();
      await connection.quit();
    },
  };
}
