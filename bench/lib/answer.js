/**
 * The other end of child.js: answers the questions of the process that started this one, and ends with it.
 * Plain enough to run in Node and in Bun.
 *
 * @param {Record<string, (data: any) => unknown>} answers what to do for each question; may return a promise
 */
export function answer(answers) {
  process.on('message', async (/** @type {any} */ { id, question, data }) => {
    try {
      process.send({ id, result: (await answers[question](data)) ?? null });
    } catch (error) {
      process.send({ id, error: String(error?.stack ?? error) });
    }
  });
  process.on('disconnect', () => process.exit());
}
