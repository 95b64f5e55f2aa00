/**
 * The `perMessageDeflate` option of `ws` and of Halyard, which share it.
 * @param {import('./serve.js').Workload['deflate']} deflate
 */
export function deflateOptions(deflate) {
  if (deflate === undefined) return false;
  return deflate === 'context' ? true : { serverNoContextTakeover: true, clientNoContextTakeover: true };
}
