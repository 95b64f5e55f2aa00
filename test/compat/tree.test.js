import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import WebSocket, * as named from 'ws';

const folder = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const onHalyard = process.env.HALYARD_COMPAT !== 'ws';

/** Every installed package, nested ones too. */
function* packagesIn(modules) {
  for (const entry of readdirSync(modules, { withFileTypes: true })) {
    const path = join(modules, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (entry.name.startsWith('@')) yield* packagesIn(path);
    else if (entry.isSymbolicLink()) yield path;
    else if (entry.isDirectory()) {
      yield path;
      try {
        yield* packagesIn(join(path, 'node_modules'));
      } catch (error) {
        if (error.code !== 'ENOENT') throw error;
      }
    }
  }
}

it('has no ws installed but the stand-in and the one to compare with', () => {
  const copies = [...packagesIn(join(folder, 'node_modules'))].filter((path) => {
    try {
      return JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')).name === 'ws';
    } catch {
      return false;
    }
  });
  expect(copies.map((path) => realpathSync(path)).toSorted()).toEqual([
    join(folder, 'node_modules', 'ws-real'),
    join(folder, 'ws-shim'),
  ]);
});

it('gives every package the same class, by require and by import', async () => {
  const dependents = [
    'engine.io',
    'engine.io-client',
    'socket.io-adapter',
    'graphql-ws',
    '@y/websocket-server',
    '@fastify/websocket',
    'express-ws',
    'mqtt',
    'puppeteer-core',
    'isomorphic-ws',
  ];
  for (const name of dependents) {
    const from = createRequire(join(folder, 'node_modules', name, 'package.json'));
    expect(from('ws'), name).toBe(WebSocket);
    expect(realpathSync(from.resolve('ws')), name).toBe(join(folder, 'ws-shim', 'index.cjs'));
  }
  expect(require('ws').WebSocketServer).toBe(named.WebSocketServer);
});

it('is Halyard, unless it shall be ws', async () => {
  const dist = await import(pathToFileURL(join(folder, '..', '..', 'dist', 'index.js')).href);
  const expected = onHalyard ? dist.WebSocket : require('ws-real');
  expect(WebSocket).toBe(expected);
  expect(named.WebSocket).toBe(expected);
  expect(named.WebSocketServer).toBe(onHalyard ? dist.WebSocketServer : require('ws-real').WebSocketServer);
});

it('names no host in the lockfile', () => {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  const resolved = Object.values(packages).flatMap((entry) => entry.resolved ?? []);
  expect(resolved).toEqual(['ws-shim']);
});
