import { posix } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installPackedPackage, type PackedPackage } from '../support/packed-package.ts';

let user: PackedPackage;
beforeAll(async () => {
  user = await installPackedPackage();
});
afterAll(() => user[Symbol.asyncDispose]());

describe('the tarball', () => {
  it('holds what runs, and nothing that only its makers need', () => {
    expect(user.files).toContain('dist/index.js');
    expect(user.files).toContain('dist/index.d.ts');
    expect(user.files).toContain('LICENSE');
    const strangers = user.files.filter((file) => !/^(dist|public|docs)\/|^(package\.json|[A-Z]+(\.md)?)$/.test(file));
    expect(strangers).toEqual([]);
    expect(user.files.filter((file) => /\.test\.|(^|\/)test\/|tsbuildinfo/.test(file))).toEqual([]);
  });

  it('has every file that package.json names', async () => {
    const { exports, bin, types } = JSON.parse(await user.read('package.json')) as {
      exports: Record<string, string | Record<string, string>>;
      bin: Record<string, string>;
      types: string;
    };
    const named = Object.values(exports).flatMap((to) => (typeof to === 'string' ? to : Object.values(to)));
    for (const path of [...named, ...Object.values(bin), types]) expect(user.files).toContain(posix.normalize(path));
  });

  it('has source maps that carry their sources, so that none points nowhere', async () => {
    const maps = user.files.filter((file) => file.endsWith('.map'));
    for (const file of maps) {
      const map = JSON.parse(await user.read(file)) as { sources: string[]; sourcesContent?: (string | null)[] };
      const lost = map.sources.filter(
        (source, i) => !map.sourcesContent?.[i] && !user.files.includes(posix.join(posix.dirname(file), source)),
      );
      expect(lost, file).toEqual([]);
    }
    for (const file of user.files.filter((name) => name.endsWith('.js') && name.startsWith('dist/'))) {
      const [, map] = /^\/\/# sourceMappingURL=(.+)$/m.exec(await user.read(file)) ?? [];
      if (map) expect(user.files).toContain(posix.join(posix.dirname(file), map));
    }
  });

  it('has a shebang on what the shell runs', async () => {
    const { bin } = JSON.parse(await user.read('package.json')) as { bin: Record<string, string> };
    for (const path of Object.values(bin)) expect(await user.read(path)).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});

describe('an installed package', () => {
  it('echoes for an ES module', async () => {
    await user.write(
      'echo.mjs',
      `import { WebSocketServer, WebSocketClient } from 'halyard';
       const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
       server.on('connection', (ws) => ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary })));
       server.on('listening', () => {
         const client = new WebSocketClient(\`ws://127.0.0.1:\${server.address().port}\`);
         client.on('open', () => client.send('ahoy'));
         client.on('message', (data) => { console.log(data.toString()); client.close(); });
         client.on('close', () => server.close());
       });`,
    );
    expect(await user.node('echo.mjs')).toBe('ahoy\n');
  });

  it('is the class with its statics for require()', async () => {
    await user.write(
      'statics.cjs',
      `const WebSocket = require('halyard');
       const server = new WebSocket.Server({ port: 0, host: '127.0.0.1' }, () => {
         const client = new WebSocket(\`ws://127.0.0.1:\${server.address().port}\`);
         client.on('close', (code) => {
           const { WebSocketServer, createWebSocketStream } = WebSocket;
           const same = WebSocket.WebSocket === WebSocket && WebSocketServer === WebSocket.Server;
           console.log(code, WebSocket.OPEN, same, typeof createWebSocketStream);
           server.close();
         });
       });
       server.on('connection', (ws) => ws.close(4001));`,
    );
    expect(await user.node('statics.cjs')).toBe('4001 1 true function\n');
  });

  it('exports a default and named classes', async () => {
    await user.write(
      'names.mjs',
      `import Default, { WebSocket, WebSocketClient, WebSocketServer } from 'halyard';
       console.log(Default === WebSocket, WebSocket === WebSocketClient, typeof WebSocketServer);`,
    );
    expect(await user.node('names.mjs')).toBe('true true function\n');
  });

  it('loads every entry without its optional dependencies', async () => {
    const { exports } = JSON.parse(await user.read('package.json')) as { exports: Record<string, unknown> };
    const entries = Object.keys(exports).filter((entry) => !entry.endsWith('.json'));
    await user.write(
      'entries.mjs',
      `for (const entry of ${JSON.stringify(entries)}) {
         const names = Object.keys(await import(entry.replace('.', 'halyard')));
         if (names.length === 0) throw new Error(entry + ' exports nothing');
       }`,
    );
    expect(await user.node('entries.mjs')).toBe('');
  });

  it('type checks a hub of a user who has no optional dependency', async () => {
    await user.write(
      'hub.ts',
      `import { WebSocketServer } from 'halyard';
       import { connectRedis, Hub, MemoryBackplane, MemoryLog } from 'halyard/pubsub';
       const backplane = new MemoryBackplane();
       const hub = new Hub({ backplane, log: new MemoryLog({ backplane }) });
       new WebSocketServer({ noServer: true }).on('connection', (ws) => void hub.join(ws, 'news', { newest: 10 }));
       const stored: { readonly id: string } | undefined = await hub.publish('news', 'ahoy', { key: 'once' });
       const redis = await connectRedis({ url: 'redis://localhost', tls: { rejectUnauthorized: false } });
       new Hub({ backplane: redis.backplane, log: redis.log });
       console.log(stored?.id, redis.backplane.reconnects.toFixed());`,
    );
    await user.compile('--noEmit', 'hub.ts');
  });

  it('type checks in a strict project of a user, and refuses what is wrong', async () => {
    await user.write(
      'typed.ts',
      `import WebSocket, { WebSocketServer, WebSocketClient } from 'halyard';
       const server: WebSocketServer = new WebSocketServer({ port: 0 });
       server.on('connection', (ws, request) => {
         const url: string | undefined = request.url;
         ws.on('message', (data, isBinary) => { const accepted: boolean = ws.send(data, { binary: isBinary }); });
         ws.on('close', (code, reason) => console.log(code.toFixed(), reason.toString(), url));
       });
       const client = new WebSocketClient('ws://127.0.0.1', ['chat'], { handshakeTimeout: 1000 });
       client.on('open', () => client.send(new Uint8Array(1)));
       const state: number = WebSocket.OPEN;`,
    );
    await user.compile('--noEmit', 'typed.ts');
    await user.write(
      'wrong.ts',
      `import { WebSocketServer } from 'halyard';\nnew WebSocketServer({ port: 'eighty' });`,
    );
    await expect(user.compile('--noEmit', 'wrong.ts')).rejects.toThrow(/TS2322|TS2769/);
  });
});
