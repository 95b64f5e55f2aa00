import { answer } from '../lib/answer.js';
import { settle, usage } from '../lib/usage.js';

/**
 * What a server does with a message:
 * 'echo' sends it back; 'broadcast' sends it to everyone; 'sends' answers with `count` copies in one go.
 * @typedef {{ mode: 'echo' | 'broadcast' | 'sends', count: number, size: number,
 *   deflate?: 'context' | 'no context' }} Workload
 * `size`: of the messages to come, for servers that do not parse
 */

/**
 * Runs one server under the control of the bench.
 * @param {(workload: Workload) => Promise<number>} start listens on a free port of 127.0.0.1 and returns it
 */
export const serve = (start) => answer({ listen: start, usage, settle });
