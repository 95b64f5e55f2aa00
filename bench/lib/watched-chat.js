import { fileURLToPath } from 'node:url';
import { startChild } from './child.js';
import { startLoad } from './socket-cases.js';

const CHAT = fileURLToPath(new URL('../servers/chat.js', import.meta.url));

/**
 * @typedef {object} WatchedChat
 * @property {number} port
 * @property {ReturnType<typeof startLoad>} load
 * @property {(members: number, duration: number, ask: () => Promise<any>) => Promise<any>} watch
 * what `ask` says while so many members listen, with what the chat took of a processor and of memory meanwhile, and how
 * late it was
 */

/**
 * Starts a chat and a load for it, and ends them after `use`.
 *
 * @template T
 * @param {object} options of the chat
 * @param {(chat: WatchedChat) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withChat(options, use) {
  const load = startLoad();
  const chat = startChild({ side: 'measured', command: [process.execPath, CHAT] });
  try {
    const port = await chat.ask('listen', options);
    return await use({
      port,
      load,
      async watch(members, duration, ask) {
        await load.ask('open', { count: members, port });
        await chat.ask('watch');
        const before = await chat.ask('usage');
        const answer = await ask();
        const after = await chat.ask('usage');
        const lateness = await chat.ask('lateness');
        await load.ask('close');
        return { ...answer, ...lateness, busy: (after.cpu - before.cpu) / duration / 10, rss: after.rss / 2 ** 20 };
      },
    });
  } finally {
    await Promise.all([load.stop(), chat.stop()]);
  }
}
