import { tools } from './find-tools.js';

function pathOf(tool: keyof typeof tools): string {
  const { name, debian, find } = tools[tool];
  const path = find();
  if (path === undefined) throw new Error(`${name} is missing: node test/support/install-tools.js installs ${debian}`);
  return path;
}

/** Chromium: the environment variable CHROMIUM, or the first one on the PATH. */
export const chromiumPath = (): string => pathOf('chromium');
/** A redis-server of version 7 or newer. */
export const redisServerPath = (): string => pathOf('redisServer');
export const redisCliPath = (): string => pathOf('redisCli');
export const opensslPath = (): string => pathOf('openssl');
/** A Python 3 that can `import websockets`. */
export const pythonPath = (): string => pathOf('python');
export const nginxPath = (): string => pathOf('nginx');
export const haproxyPath = (): string => pathOf('haproxy');
/** The wrapper `faketime`; it preloads libfaketime into the program that it starts. */
export const faketimePath = (): string => pathOf('faketime');
