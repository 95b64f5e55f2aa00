import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { serveWorker, type ServeWorkerOptions } from '../../src/pubsub/cluster-primary.ts';
import type { IpcEnd } from '../../src/pubsub/cluster-protocol.ts';
import { ClusterWorker } from '../../src/pubsub/cluster-worker.ts';
import type { Backplane } from '../../src/pubsub/backplane.ts';
import { MemoryBackplane } from '../../src/pubsub/memory-backplane.ts';
import { MemoryLog } from '../../src/pubsub/memory-log.ts';
import type { Retention } from '../../src/pubsub/message-log.ts';
import { backplaneContract, settled } from './backplane.contract.ts';
import { logContract } from './message-log.contract.ts';

/** One end of a channel that copies what it carries, as the one between processes does. */
function end(port: MessagePort): IpcEnd {
  return {
    send: (message, callback) => {
      port.postMessage(message);
      setImmediate(() => callback?.(null));
      return true;
    },
    on: (event, listener) => port.on(event, listener),
    off: (event, listener) => port.off(event, listener),
  };
}

/** A primary with two workers. */
function primary(retention: Retention = {}, options: Partial<ServeWorkerOptions> = {}) {
  const backplane = new MemoryBackplane();
  const log = new MemoryLog({ backplane, ...retention });
  const channels = [new MessageChannel(), new MessageChannel()];
  const ends = channels.map(({ port1 }) => serveWorker(end(port1), { backplane, log, ...options }));
  const [here, there] = channels.map(({ port2 }) => new ClusterWorker(end(port2))) as [ClusterWorker, ClusterWorker];
  const close = async (): Promise<void> => {
    for (const worker of [here, there]) worker.close();
    for (const over of ends) over();
    for (const { port1 } of channels) port1.close();
    await log.close();
    await backplane.close();
  };
  return { backplane, log, here, there, ends, close };
}

describe('cluster backplane', () => {
  backplaneContract(async () => {
    const { here, there, close } = primary();
    return { backplanes: [here.backplane, there.backplane], close };
  });
});

describe('cluster log', () => {
  logContract(async (retention) => {
    const { here, there, close } = primary(retention);
    return { log: here.log, other: there.log, backplane: here.backplane, close };
  });
});

it('what a worker waits for is refused when the channel to the primary is lost', async () => {
  const module = new URL('../../dist/pubsub/index.js', import.meta.url);
  const code = `
    const { ClusterWorker } = await import(${JSON.stringify(module.href)});
    const worker = new ClusterWorker(process);
    worker.log.read('a', { after: undefined, limit: 1 }).catch(({ name, message }) => {
      console.log(name, '|', message, '|', worker.backplane.state);
    });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  await once(child, 'message');
  child.disconnect();
  expect(await text(child.stdout!)).toBe('UnavailableError | the channel to the primary is closed | away\n');
});

it('nothing goes to a worker that is gone', async () => {
  const { backplane, here, there, ends, close } = primary();
  const heard: unknown[] = [];
  await here.backplane.subscribe('a', (message) => heard.push(message));
  await there.backplane.subscribe('a', (message) => heard.push(message));
  ends[0]?.();
  await backplane.publish('a', 'x');
  await settled(heard, 1);
  expect(heard).toEqual(['x']);
  await close();
});

it('a gap of the backplane of the primary is told to those who hear the channel, and to nobody else', async () => {
  const gaps = new Map<string, (() => void) | undefined>();
  const backplane: Backplane = {
    state: 'ready',
    publish: async () => {},
    subscribe: async (channel, _deliver, options) => {
      gaps.set(channel, options?.gap);
      return async () => {};
    },
    close: async () => {},
  };
  const { here, close } = primary({}, { backplane });
  const told: string[] = [];
  for (const channel of ['a', 'b']) {
    await here.backplane.subscribe(channel, () => {}, { gap: () => told.push(channel) });
  }
  gaps.get('b')?.();
  await settled(told, 1);
  expect(told).toEqual(['b']);
  await close();
});

it('what does not fit into the channel is left out, and told as a gap', async () => {
  const { backplane, here, close } = primary({}, { limit: 1_000 });
  const heard: unknown[] = [];
  await here.backplane.subscribe('a', (message) => heard.push(message), { gap: () => heard.push('gap') });
  for (let i = 0; i < 100; i++) void backplane.publish('a', String(i));
  await settled(heard, 1);
  await backplane.publish('a', 'after');
  await settled(heard, 3);
  expect(heard.length).toBeLessThan(60);
  expect(heard.slice(-2)).toEqual(['gap', 'after']);
  await close();
});

it('a subscription that failed is tried anew, and harms nobody when the worker goes', async () => {
  const memory = new MemoryBackplane();
  const faults = [new Error('not now'), new Error('not now, either')];
  const backplane: Backplane = {
    state: 'ready',
    publish: (channel, message) => memory.publish(channel, message),
    subscribe: async (channel, deliver) => {
      const fault = faults.shift();
      if (fault) throw fault;
      return memory.subscribe(channel, deliver);
    },
    close: () => memory.close(),
  };
  const { here, there, ends, close } = primary({}, { backplane });
  const heard: unknown[] = [];
  await expect(here.backplane.subscribe('a', (message) => heard.push(message))).rejects.toThrow('not now');
  await expect(there.backplane.subscribe('a', (message) => heard.push(message))).rejects.toThrow('not now, either');
  // A rejection that nobody handles would end the primary.
  ends[1]?.();
  await here.backplane.subscribe('a', (message) => heard.push(`again ${String(message)}`));
  await backplane.publish('a', 'x');
  await settled(heard, 1);
  expect(heard).toEqual(['again x']);
  await close();
});

it('requests that are not answered are rejected when the channel closes', async () => {
  const { port2 } = new MessageChannel();
  const worker = new ClusterWorker(end(port2));
  const asking = worker.log.append('a', 'x');
  worker.close();
  await expect(asking).rejects.toMatchObject({ name: 'UnavailableError' });
  port2.close();
});
