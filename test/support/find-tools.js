// @ts-check
/**
 * What the tests need and npm does not carry. Add a line to `tools`, and `npm test` finds or installs it.
 * Plain JavaScript, because it runs before anything is built.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @typedef {object} Tool
 * @property {string} name what a person would call it
 * @property {string} debian the Debian package that brings it
 * @property {() => string | undefined} find its absolute path, or undefined where it is missing or too old
 */

/** Debian keeps servers where the PATH of an ordinary user does not look. */
const SERVER_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * All executables of that name, in the order of the PATH.
 * @param {string} name
 */
function onPath(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...SERVER_FOLDERS];
  return folders.map((folder) => join(folder, name)).filter(isExecutable);
}

/**
 * @param {string} file
 * @param {string[]} args
 * @returns {string | undefined} what it printed, or undefined if it failed
 */
function output(file, args) {
  try {
    return execFileSync(file, args, { encoding: 'utf8', timeout: 10_000, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

function findChromium() {
  const named = process.env.CHROMIUM;
  if (named) return isExecutable(named) ? named : undefined;
  return ['chromium', 'chromium-browser', 'google-chrome'].flatMap(onPath)[0];
}

/** Sharded pub/sub and `cluster-port` came with Redis 7. */
function findRedisServer() {
  return onPath('redis-server').find((path) => {
    const major = /v=(\d+)\./.exec(output(path, ['--version']) ?? '')?.[1];
    return major !== undefined && Number(major) >= 7;
  });
}

/** The interpreter that sees the package: on a machine with several, not always the first. */
function findPythonWithWebsockets() {
  const script = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("websockets") is None)';
  return [...new Set([...onPath('python3'), '/usr/bin/python3'])]
    .filter(isExecutable)
    .find((path) => output(path, ['-c', script]) !== undefined);
}

/** @satisfies {Record<string, Tool>} */
export const tools = {
  chromium: { name: 'Chromium', debian: 'chromium', find: findChromium },
  redisServer: { name: 'redis-server 7 or newer', debian: 'redis-server', find: findRedisServer },
  redisCli: { name: 'redis-cli', debian: 'redis-tools', find: () => onPath('redis-cli')[0] },
  openssl: { name: 'openssl', debian: 'openssl', find: () => onPath('openssl')[0] },
  python: {
    name: 'Python 3 with the package websockets',
    debian: 'python3-websockets',
    find: findPythonWithWebsockets,
  },
  nginx: { name: 'nginx', debian: 'nginx-light', find: () => onPath('nginx')[0] },
  haproxy: { name: 'haproxy', debian: 'haproxy', find: () => onPath('haproxy')[0] },
  faketime: { name: 'faketime (libfaketime)', debian: 'faketime', find: () => onPath('faketime')[0] },
};
