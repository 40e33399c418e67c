// One measurement of one queue: node main.mjs SYSTEM MODE COUNT [CALLERS]. Where the servers are stands in
// DATABASE_URL and REDIS_URL. Says what it found in one line of JSON.
//
//   bulk     COUNT jobs, added many at a time              -> {"seconds"}
//   drain    runs what is waiting                          -> {"seconds", "ran", "twice"}
//   single   COUNT jobs, added one at a time by CALLERS    -> {"seconds"}
//   latency  COUNT jobs one after the other, from before the call that adds one until it runs -> {"ms": [...]}
//   later    COUNT jobs that are due in a day, added many at a time -> {"seconds"}

const [system, mode, word, callers = '1'] = process.argv.slice(2);
const count = Number(word);
const { open } = await import(`./${system}.mjs`);
const queue = await open(process.env);

const now = () => performance.now();
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function addMany(later) {
  const began = now();
  for (let n = 0; n < count; n += queue.batch) {
    const numbers = Array.from({ length: Math.min(queue.batch, count - n) }, (_, i) => n + i);
    await queue.addMany(numbers, later);
  }
  return { seconds: (now() - began) / 1000 };
}

async function drain() {
  const seen = new Uint8Array(count);
  let ran = 0;
  let twice = 0;
  let done;
  const all = new Promise((resolve) => (done = resolve));
  const began = now();
  const stop = await queue.work((n) => {
    if (seen[n]++) twice++;
    else if (++ran === count) done();
  });
  await all;
  while ((await queue.left()) > 0) await sleep(10); // what it says is done is committed
  const seconds = (now() - began) / 1000;
  await stop();
  return { seconds, ran, twice };
}

async function single() {
  let next = 0;
  const began = now();
  const call = async () => {
    while (next < count) await queue.add(next++);
  };
  await Promise.all(Array.from({ length: Number(callers) }, call));
  return { seconds: (now() - began) / 1000 };
}

async function latency() {
  let started;
  const stop = await queue.work(() => started(now()));
  await sleep(1000);
  const ms = [];
  for (let n = 0; n < count; ++n) {
    const begun = new Promise((resolve) => (started = resolve));
    const asked = now();
    await queue.add(n);
    ms.push((await begun) - asked);
    await sleep(5);
  }
  await stop();
  return { ms };
}

const modes = {
  bulk: () => addMany(false), later: () => addMany(true), drain, single, latency,
};
console.log(JSON.stringify(await modes[mode]()));
await queue.close();
process.exit(0);
