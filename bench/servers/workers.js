// The chat in one process or in several workers, as `halyard chat --workers` runs it, and what all of them use together.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { ChatServer } from '../../dist/chat/index.js';
import { ClusterWorker, MemoryBackplane, MemoryLog, serveWorker } from '../../dist/pubsub/index.js';
import { answer } from '../lib/answer.js';
import { usage } from '../lib/usage.js';

const USAGE = 'usage';

async function serveChat(/** @type {object} */ shared) {
  const chat = new ChatServer({ ...shared, onError: console.error });
  await chat.listen(0, '127.0.0.1');
  return chat.port;
}

function createMemory() {
  const backplane = new MemoryBackplane();
  return { backplane, log: new MemoryLog({ backplane }) };
}

async function startWorkers(/** @type {number} */ count) {
  cluster.setupPrimary({ serialization: 'advanced' });
  const shared = createMemory();
  const ports = Array.from({ length: count }, async () => {
    const worker = cluster.fork();
    serveWorker(worker, shared);
    const [{ port }] = await once(worker, 'listening');
    return port;
  });
  return (await Promise.all(ports))[0];
}

async function usageOf(/** @type {import('node:cluster').Worker} */ worker) {
  worker.send(USAGE);
  for (;;) {
    const [message] = await once(worker, 'message');
    if (USAGE in message) return message[USAGE];
  }
}

if (cluster.isPrimary) {
  answer({
    listen: ({ workers }) => (workers === 1 ? serveChat(createMemory()) : startWorkers(workers)),
    async usage() {
      const all = [usage(), ...(await Promise.all(Object.values(cluster.workers ?? {}).map(usageOf)))];
      const sum = (/** @type {'cpu' | 'rss'} */ figure) => all.reduce((total, one) => total + one[figure], 0);
      return { cpu: sum('cpu'), rss: sum('rss') };
    },
  });
} else {
  process.on('message', (message) => {
    if (message === USAGE) process.send({ [USAGE]: usage() });
  });
  await serveChat(new ClusterWorker(process));
}
