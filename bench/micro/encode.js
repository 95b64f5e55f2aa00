import { against } from '../lib/goals.js';
import { runMicroCases } from '../lib/micro-cases.js';
import { payload } from '../lib/payloads.js';

/** Keeps the compiler from leaving out work whose result nobody wants. */
export let sink;

/** @typedef {{ role: 'server' | 'client', kind: 'binary' | 'text', size: number, count: number }} Params `count`: sends in a tick */

/** Text is sent as a string, as applications do. @param {Params} params */
const toSend = ({ kind, size }) => (kind === 'text' ? payload(kind, size).toString() : payload(kind, size));

/**
 * Up to what is handed to the socket, and no further: a write is free here, of which `ws` makes two a message between
 * `cork` and `uncork`, and Halyard one a tick. The view that it needs for that is kept for the next write of its length, so
 * here it is made once; where hardly any two writes have one length, a write takes some 25 ns more.
 */
export const tasks = {
  async halyard(/** @type {Params} */ params) {
    const { FrameWriter } = await import('../../dist/protocol/index.js');
    const writer = new FrameWriter(params.role);
    // As a client has it that is connected by TCP.
    writer.inKernel = params.role === 'client';
    const data = toSend(params);
    return {
      messages: params.count,
      step() {
        for (let i = 0; i < params.count; i++) writer.message(data, params.kind === 'binary');
        sink = writer.takeOne() ?? writer.take();
        writer.recycle();
      },
    };
  },
  async ws(/** @type {Params} */ params) {
    const { Sender } = await import('ws');
    const socket = { cork() {}, uncork() {}, write: (/** @type {any} */ bytes) => void (sink = bytes) };
    const sender = new Sender(socket, {});
    const data = toSend(params);
    const options = { binary: params.kind === 'binary', mask: params.role === 'client', compress: false, fin: true };
    return {
      messages: params.count,
      step() {
        for (let i = 0; i < params.count; i++) sender.send(data, { ...options });
      },
    };
  },
};

const goals = against(3, 6);
const client = { role: 'client', count: 1 };
const server = { role: 'server', count: 1 };

/** @type {import('../lib/micro-cases.js').MicroCase[]} */
const cases = [
  { name: 'masked binary 125 B', params: { ...client, kind: 'binary', size: 125 }, goals, quick: true },
  { name: 'masked binary 1 KiB', params: { ...client, kind: 'binary', size: 1024 }, goals },
  { name: 'masked binary 16 KiB', params: { ...client, kind: 'binary', size: 16_384 }, goals },
  { name: 'masked text 125 B', params: { ...client, kind: 'text', size: 125 }, goals, quick: true },
  { name: 'masked text 1 KiB', params: { ...client, kind: 'text', size: 1024 }, goals },
  { name: 'masked text 16 KiB', params: { ...client, kind: 'text', size: 16_384 }, goals },
  { name: 'server text 125 B, 1 in a tick', params: { ...server, kind: 'text', size: 125 } },
  { name: 'server text 125 B, 64 in a tick', params: { role: 'server', kind: 'text', size: 125, count: 64 } },
  { name: 'server binary 16 KiB, 1 in a tick', params: { ...server, kind: 'binary', size: 16_384 } },
];

/** @type {import('../lib/context.js').Bench} */
export const encode = {
  name: 'encode',
  about: 'messages to frames, without sockets',
  unit: 'ns/message',
  run: (context) => runMicroCases(import.meta.url, cases, context),
};
