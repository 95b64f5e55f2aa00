import { against } from '../lib/goals.js';
import { runMicroCases } from '../lib/micro-cases.js';
import { buildChunks } from './chunks.js';
import { halyardReceiver, wsReceiver } from './receivers.js';

/** What a read of a socket gives at most. */
const READ = 65_536;

/** @param {any} params */
const how = ({ role = 'server', decode = false }) => ({ role, decode });

export const tasks = {
  halyard: (/** @type {any} */ params) => halyardReceiver(buildChunks(params), how(params)),
  ws: (/** @type {any} */ params) => wsReceiver(buildChunks(params), how(params)),
};

const oneGoal = against(3, 4);
const manyGoal = against(4.5, 6.5);
const largeGoal = against(0.95, 1.2);
const text = { kind: 'text', decode: true };
const unicode = { kind: 'unicode', decode: true };

/** @param {string} name @param {number} size bytes of a message @param {number} messages before the chunks begin anew */
const inReads = (name, size, messages) => ({
  name: `binary ${name} in reads of 64 KiB`,
  params: { kind: 'binary', size, messages, chunk: READ },
  goals: largeGoal,
});

/** @type {import('../lib/micro-cases.js').MicroCase[]} */
const cases = [
  { name: 'binary 16 B, 1 a chunk', params: { kind: 'binary', size: 16 }, goals: oneGoal },
  { name: 'binary 125 B, 1 a chunk', params: { kind: 'binary', size: 125 }, goals: oneGoal, quick: true },
  { name: 'binary 16 B, 64 a chunk', params: { kind: 'binary', size: 16, messages: 64 }, goals: manyGoal },
  {
    name: 'binary 125 B, 64 a chunk',
    params: { kind: 'binary', size: 125, messages: 64 },
    goals: manyGoal,
    quick: true,
  },
  { name: 'binary 1 KiB, 1 a chunk', params: { kind: 'binary', size: 1024 }, goals: against(3, 4.5) },
  inReads('16 KiB', 16_384, 16),
  inReads('64 KiB', 65_536, 8),
  inReads('1 MiB', 1_048_576, 1),
  // Do not divide a read, as most do not: some or many of those that are cut find no room where they came.
  inReads('20,000 B', 20_000, 23),
  inReads('24,000 B', 24_000, 19),
  inReads('130,000 B', 130_000, 4),
  { name: 'ASCII text 16 B to string, 1 a chunk', params: { ...text, size: 16 }, goals: against(3, 4.5) },
  {
    name: 'ASCII text 125 B to string, 1 a chunk',
    params: { ...text, size: 125 },
    goals: against(3, 4.5),
    quick: true,
  },
  { name: 'ASCII text 1 KiB to string, 1 a chunk', params: { ...text, size: 1024 }, goals: against(3, 4.5) },
  { name: 'ASCII text 16 B to string, 64 a chunk', params: { ...text, size: 16, messages: 64 }, goals: against(4, 10) },
  {
    name: 'ASCII text 125 B to string, 64 a chunk',
    params: { ...text, size: 125, messages: 64 },
    goals: against(4, 10),
  },
  { name: 'non-ASCII text 1 KiB to string, 1 a chunk', params: { ...unicode, size: 1024 }, goals: against(1, 4) },
  {
    name: 'non-ASCII text 16 KiB in reads of 64 KiB',
    params: { ...unicode, size: 16_384, messages: 16, chunk: READ },
    goals: against(1, 4),
  },
  {
    name: 'non-ASCII text 64 KiB in reads of 64 KiB',
    params: { ...unicode, size: 65_536, messages: 8, chunk: READ },
    goals: against(1, 4),
  },
  {
    name: 'text 125 B in 4 fragments to string',
    params: { ...text, size: 125, fragments: 4 },
    goals: against(2.5, 3.5),
  },
  {
    name: 'text 1 KiB in 8 fragments to string',
    params: { ...text, size: 1024, fragments: 8 },
    goals: against(2.5, 3.5),
  },
];

/** @type {import('../lib/context.js').Bench} */
export const parse = {
  name: 'parse',
  about: 'bytes of a client to messages, without sockets',
  unit: 'ns/message',
  run: (context) => runMicroCases(import.meta.url, cases, context),
};
