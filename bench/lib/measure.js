/**
 * One round of one variant: connect, warm up, and take the server's CPU before and after a stretch of load of which
 * every message is answered.
 *
 * @param {{ server: ReturnType<typeof import('./child.js').startChild>, load: ReturnType<typeof import('./child.js').startChild> }} processes
 * @param {{ question: 'echo' | 'broadcast' | 'conversation' | 'handshakes' | 'room', connections?: { count: number, port: number, deflate?: string },
 *   run: object, warmUp: number, duration: number }} plan durations in milliseconds
 */
export async function measure({ server, load }, { question, connections, run, warmUp, duration }) {
  if (connections !== undefined) await load.ask('open', connections);
  await load.ask(question, { ...run, duration: warmUp });
  const [before, loadBefore] = [await server.ask('usage'), await load.ask('usage')];
  const result = await load.ask(question, { ...run, duration });
  const [after, loadAfter] = [await server.ask('usage'), await load.ask('usage')];
  if (connections !== undefined) await load.ask('close');
  const busy = (/** @type {{cpu: number}} */ from, /** @type {{cpu: number}} */ to) =>
    (to.cpu - from.cpu) / result.elapsed / 10;
  return {
    cost: (after.cpu - before.cpu) / result.messages,
    rate: (result.messages / result.elapsed) * 1000,
    p50: result.p50,
    p99: result.p99,
    bytes: result.bytes / result.messages,
    rss: after.rss / 2 ** 20,
    busy: busy(before, after),
    loadBusy: busy(loadBefore, loadAfter),
  };
}
