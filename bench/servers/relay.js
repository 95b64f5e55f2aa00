// One of two processes that share a Redis: it publishes at a steady rate, or notes when what was published arrives.
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { connectRedis, Hub } from '../../dist/pubsub/index.js';
import { answer } from '../lib/answer.js';
import { until } from '../lib/until.js';
import { usage } from '../lib/usage.js';
import { latencies } from '../load/latency.js';

const CHANNELS = Array.from({ length: 10 }, (_, i) => `room-${i}`);
const SIZE = 125;
/** Milliseconds for what is still on its way. */
const PATIENCE = 10_000;

/** Milliseconds by a clock that all processes of a machine share. */
const now = () => Number(process.hrtime.bigint() / 1000n) / 1000;

let received = 0;
let times = latencies();
const receive = (/** @type {Buffer | string} */ message) => {
  received++;
  times.record(now() - Number.parseFloat(message.toString()));
};

/** @type {(channel: string, message: string) => Promise<unknown>} */
let publish;

async function connectHub(/** @type {string} */ url, /** @type {boolean} */ withLog) {
  const { backplane, log } = await connectRedis({ url });
  while (backplane.state !== 'ready') await sleep(5);
  const hub = new Hub({ backplane, ...(withLog && { log }) });
  const member = { bufferedAmount: 0, send: ({ data }) => receive(data), close() {} };
  publish = (channel, message) => hub.publish(channel, message);
  return (/** @type {string} */ channel) => hub.join(member, channel);
}

async function connectBare(/** @type {string} */ url) {
  const [commands, subscriber] = [new Redis(url), new Redis(url)];
  subscriber.on('messageBuffer', (_channel, message) => receive(message));
  publish = (channel, message) => commands.publish(channel, message);
  return (/** @type {string} */ channel) => subscriber.subscribe(channel);
}

answer({
  usage,
  /** Connects as a variant of the bench does; who listens hears all channels. */
  async connect({ url, variant, listens }) {
    const join = await (variant === 'bare ioredis' ? connectBare(url) : connectHub(url, variant === 'halyard'));
    if (listens) for (const channel of CHANNELS) await join(channel);
  },
  /** `rate` messages a second for `duration` milliseconds, those of a millisecond together. Returns how many. */
  async publish({ rate, duration }) {
    const publishing = [];
    const count = Math.ceil((rate * duration) / 1000);
    for (const start = now(); publishing.length < count; await sleep(1)) {
      const due = Math.min(count, Math.floor(((now() - start) * rate) / 1000));
      while (publishing.length < due) {
        publishing.push(publish(CHANNELS[publishing.length % CHANNELS.length], now().toFixed(3).padEnd(SIZE)));
      }
    }
    await Promise.all(publishing);
    return count;
  },
  reset() {
    received = 0;
    times = latencies();
  },
  /** From publishing to the member, when that many have arrived. */
  async arrivals({ count }) {
    await until(() => received >= count, { within: PATIENCE, otherwise: () => `${received} of ${count} arrived` });
    return times.figures();
  },
});
