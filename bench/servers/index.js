import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { startChild } from '../lib/child.js';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const require = createRequire(import.meta.url);

/** @param {string} name of a peer's package */
export const isInstalled = (name) => {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
};

/** Bun comes as a binary in a package of its own per platform; if install scripts ran, it was moved to its main package. */
export function bunBinary() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const arch = process.arch === 'arm64' ? 'aarch64' : process.arch;
  const packages = ['', '-musl'].map((libc) => `@oven/bun-${platform}-${arch}${libc}`);
  const found = packages.map((name) => here(`../node_modules/${name}/bin/bun`)).find(existsSync);
  const wasMoved = packages.some((name) => existsSync(here(`../node_modules/${name}`)));
  return found ?? (wasMoved ? here('../node_modules/bun/bin/bun.exe') : undefined);
}

const always = () => true;

/**
 * @typedef {{ file: string, env?: Record<string, string>, runtime?: 'bun', raw?: boolean, isAvailable(): boolean }} Server
 * `raw`: it echoes frames as they came, masking key included
 */

/** What ws is when it is installed alone. */
export const WITHOUT_ADDON = { WS_NO_BUFFER_UTIL: '1', WS_NO_UTF_8_VALIDATE: '1' };

/** @type {Record<string, Server>} */
export const servers = {
  halyard: { file: 'halyard.js', isAvailable: () => existsSync(here('../../dist/index.js')) },
  'halyard, plain loop': {
    file: 'halyard.js',
    env: { HALYARD_BENCH_PLAIN: '1' },
    isAvailable: () => existsSync(here('../../dist/index.js')),
  },
  'halyard hub': { file: 'hub.js', isAvailable: () => existsSync(here('../../dist/pubsub/index.js')) },
  'halyard hub with log': {
    file: 'hub.js',
    env: { HALYARD_BENCH_LOG: '1' },
    isAvailable: () => existsSync(here('../../dist/pubsub/index.js')),
  },
  ws: { file: 'ws.js', env: WITHOUT_ADDON, isAvailable: always },
  'ws + bufferutil': { file: 'ws.js', isAvailable: () => isInstalled('bufferutil') },
  websocket: { file: 'websocket.js', isAvailable: () => isInstalled('websocket') },
  'faye-websocket': { file: 'faye.js', isAvailable: () => isInstalled('faye-websocket') },
  bun: { file: 'bun.js', runtime: 'bun', isAvailable: () => bunBinary() !== undefined },
  'bare net': { file: 'net.js', raw: true, isAvailable: always },
  'bare node:http': { file: 'http.js', raw: true, isAvailable: always },
};

/** @param {string} variant a key of `servers` */
export function startServer(variant) {
  const { file, env = {}, runtime } = servers[variant];
  const script = here(`./${file}`);
  const command = runtime === 'bun' ? [String(bunBinary()), script] : [process.execPath, '--expose-gc', script];
  return startChild({ side: 'measured', command, env });
}
