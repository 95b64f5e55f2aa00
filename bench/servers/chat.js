// The chat as `halyard chat` runs it, and a look at its event loop.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ChatServer } from '../../dist/chat/index.js';
import { MemoryBackplane, MemoryLog } from '../../dist/pubsub/index.js';
import { answer } from '../lib/answer.js';
import { usage } from '../lib/usage.js';

/** Milliseconds between two looks of the monitor; it reports them on top of the delay. */
const RESOLUTION = 1;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION });

/** @param {number} nanoseconds between two looks */
const late = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION);

answer({
  usage,
  async listen({ publishToken } = {}) {
    const backplane = new MemoryBackplane();
    const log = new MemoryLog({ backplane });
    const token = publishToken !== undefined && { publishToken };
    const chat = new ChatServer({ backplane, log, onError: console.error, ...token });
    await chat.listen(0, '127.0.0.1');
    return chat.port;
  },
  watch() {
    delay.reset();
    delay.enable();
  },
  /** Milliseconds by which the loop was late since `watch`. */
  lateness() {
    delay.disable();
    return { late50: late(delay.percentile(50)), late99: late(delay.percentile(99)), lateMost: late(delay.max) };
  },
});
