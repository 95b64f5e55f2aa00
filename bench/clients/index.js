import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startChild } from '../lib/child.js';
import { bunBinary, isInstalled, servers, WITHOUT_ADDON } from '../servers/index.js';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** Node 22 has the global client without being asked. */
const UNDICI = 'WebSocket' in globalThis ? [] : ['--experimental-websocket'];

/** @type {Record<string, { file: string, flags?: readonly string[], env?: Record<string, string>, bun?: boolean, isAvailable(): boolean }>} */
export const clients = {
  halyard: { file: 'halyard.js', isAvailable: servers.halyard.isAvailable },
  ws: { file: 'ws.js', env: WITHOUT_ADDON, isAvailable: () => true },
  'ws + bufferutil': { file: 'ws.js', isAvailable: servers['ws + bufferutil'].isAvailable },
  websocket: { file: 'websocket.js', isAvailable: () => isInstalled('websocket') },
  'faye-websocket': { file: 'faye.js', isAvailable: () => isInstalled('faye-websocket') },
  undici: { file: 'global.js', flags: UNDICI, isAvailable: () => true },
  bun: { file: 'global.js', bun: true, isAvailable: () => existsSync(String(bunBinary())) },
};

/** @param {string} variant a key of `clients` */
export function startClient(variant) {
  const { file, flags = [], env, bun = false } = clients[variant];
  const script = here(`./${file}`);
  const command = bun ? [String(bunBinary()), script] : [process.execPath, ...flags, script];
  return startChild({ side: 'measured', command, env });
}
