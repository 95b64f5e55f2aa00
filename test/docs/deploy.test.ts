import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CHAT_HELP, parseChatSettings } from '../../src/cli/chat-options.ts';
import { Client } from '../chat/client.ts';
import { Command } from '../cli/command.ts';
import { freePort } from '../support/ports.ts';
import { RedisServer } from '../support/redis.ts';
import { haproxyPath, nginxPath } from '../support/tools.ts';
import { below, blocks, read, ROOT } from './pages.ts';
import { Program } from './program.ts';

const run = promisify(execFile);
const dockerfile = read('Dockerfile').replaceAll(/^#.*\n/gm, '');
const compose = read('compose.yaml');
const scaling = read('docs/scaling.md');

async function isReady(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/healthz`);
  if (response.status !== 200) throw new Error(`answered with ${response.status}`);
}

describe('Procfile', () => {
  it('serves the page and the chat on PORT, and ends at SIGTERM with 0', async () => {
    const port = await freePort();
    const command = /^web: (.+)$/m.exec(read('Procfile'))?.[1] ?? '';
    await using chat = new Program(['sh', '-c', `exec ${command}`], { cwd: ROOT, env: { PORT: String(port) } });
    await chat.until(() => isReady(port));
    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const ann = await Client.open(`ws://127.0.0.1:${port}/chat`);
    await ann.join('lobby', 'ann');
    await ann.close();
    expect(await chat.end('SIGTERM')).toBe(0);
  });
});

describe('Dockerfile', () => {
  const [build = '', final = ''] = dockerfile.split(/^(?=FROM )/m);
  const value = (pattern: RegExp): string => pattern.exec(final)?.[1] ?? '';

  it('builds from what .dockerignore lets through, with scripts that exist', () => {
    const allowed = [...read('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path = '']) => path);
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
      paths.split(' '),
    );
    expect(copied.map((path) => path.replace(/^\.\//, '')).toSorted()).toEqual(allowed.toSorted());
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const [, script = ''] of build.matchAll(/npm run (\S+)/g)) expect(scripts).toHaveProperty(script);
    expect(value(/^USER (.+)$/m)).toBe('node');
    expect(value(/^ENV PORT=(.+)$/m)).toBe(value(/^EXPOSE (.+)$/m));
  });

  it('has an image in which the command serves the page and the health check tells that it is well', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'halyard-image-'));
    try {
      for (const [, paths = ''] of final.matchAll(/^COPY (?:--from=\S+ )?(.+) \S+$/gm)) {
        const name = basename(paths);
        if (name === 'node_modules') await symlink(`${ROOT}${name}`, join(folder, name));
        else await cp(`${ROOT}${name}`, join(folder, name), { recursive: true });
      }
      const port = await freePort();
      const options = { cwd: folder, env: { NODE_ENV: 'production', PORT: String(port) } };
      const check = JSON.parse(value(/^HEALTHCHECK .*CMD (\[.+\])$/m)) as [string, ...string[]];
      const [program, ...args] = check;
      const isWell = () => run(program, args, { env: { ...process.env, ...options.env } });
      await expect(isWell()).rejects.toThrow();
      await using chat = new Program(JSON.parse(value(/^CMD (\[.+\])$/m)) as string[], options);
      await chat.until(isWell);
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
      expect(await chat.end('SIGTERM')).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** Two chats on one Redis, as the composition has them. */
async function startChats(): Promise<AsyncDisposable & { readonly chats: readonly [Command, Command] }> {
  const options = [.../--(\S+) (\S+)/g[Symbol.matchAll](/command: redis-server (.+)$/m.exec(compose)?.[1] ?? '')];
  const redis = await RedisServer.start({
    config: Object.fromEntries(options.map(([, name, value]) => [name, value])),
  });
  const env = { REDIS_URL: redis.url };
  const chats = [await Command.chat([], env), await Command.chat([], env)] as const;
  // A chat listens before it has reached Redis.
  await Promise.all(
    chats.map(({ http }) =>
      expect
        .poll(
          () =>
            isReady(Number(new URL(http).port)).then(
              () => true,
              () => false,
            ),
          { timeout: 10_000 },
        )
        .toBe(true),
    ),
  );
  const end = async (): Promise<void> => {
    await Promise.all(chats.map((chat) => chat.kill()));
    await redis.close();
  };
  return { chats, [Symbol.asyncDispose]: end };
}

const hostOf = ({ http }: Command): string => new URL(http).host;

/** Two people who come through a proxy hear each other, wherever they are, also after one chat has stopped. */
async function expectOneChat(proxy: Program, port: number, [one, two]: readonly [Command, Command]): Promise<void> {
  await proxy.until(() => isReady(port));
  const url = `ws://127.0.0.1:${port}/chat`;
  const origin = `http://127.0.0.1:${port}`;
  const [ann, bob] = [await Client.open(url, { origin }), await Client.open(url, { origin })];
  await ann.join('lobby', 'ann');
  await bob.join('lobby', 'bob');
  expect((await ann.say('lobby', 'hi'))['type']).toBe('ack');
  expect(await bob.next('message')).toMatchObject({ text: 'hi' });
  await Promise.all([ann.close(), bob.close()]);
  // Who asks through a proxy is not this machine.
  expect((await fetch(`${origin}/metrics`)).status).toBe(404);
  expect(await one.kill('SIGTERM')).toBe(0);
  await proxy.until(() => isReady(port));
  const late = await Client.open(url, { origin });
  expect((await late.join('lobby', 'late'))['history']).toMatchObject([{ text: 'hi' }]);
  await late.close();
  expect(await two.kill('SIGTERM')).toBe(0);
}

describe('compose.yaml', () => {
  it('sets variables that the chat knows, and maps the port on which it listens', () => {
    const names = [...below(compose, 'environment:').matchAll(/^ *([A-Z_]+):/gm)].map(([, name = '']) => name);
    expect(names).toContain('REDIS_URL');
    for (const name of names) expect(CHAT_HELP).toMatch(new RegExp(`\\b${name}\\b`));
    const port = /^EXPOSE (.+)$/m.exec(dockerfile)?.[1];
    for (const service of ['chat-1:', 'chat-2:']) expect(below(compose, service)).toContain(`:${port}']`);
    const servers = [...compose.matchAll(/server \w+ ([\w-]+):(\d+)/g)].map(([, host, to]) => [host, to]);
    expect(servers).toEqual([
      ['chat-1', port],
      ['chat-2', port],
    ]);
  });

  it('has a haproxy before two chats that are one', { timeout: 60_000 }, async () => {
    await using started = await startChats();
    const [one, two] = started.chats;
    const port = await freePort();
    const configuration = below(compose, 'content: |')
      .replaceAll(/^ {6}/gm, '')
      .replace('bind :8080', `bind 127.0.0.1:${port}`)
      .replace('chat-1:8080', hostOf(one))
      .replace('chat-2:8080', hostOf(two));
    const folder = await mkdtemp(join(tmpdir(), 'halyard-haproxy-'));
    await writeFile(join(folder, 'haproxy.cfg'), `${configuration}\n`);
    await using proxy = new Program([haproxyPath(), '-db', '-f', join(folder, 'haproxy.cfg')]);
    await expectOneChat(proxy, port, started.chats);
    await rm(folder, { recursive: true });
  });
});

describe('docs/scaling.md', () => {
  it('has an nginx before two chats that are one', { timeout: 60_000 }, async () => {
    await using started = await startChats();
    const [one, two] = started.chats;
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'halyard-nginx-'));
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    const http = (blocks(scaling, 'nginx')[0] ?? '')
      .replace('listen 80;', `listen 127.0.0.1:${port};`)
      .replace('chat-1:8080', hostOf(one))
      .replace('chat-2:8080', hostOf(two));
    // One process, so that ending it leaves nothing behind.
    const rest = `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit; events {}`;
    await mkdir(join(folder, 'logs'));
    await writeFile(join(folder, 'conf'), `${rest}\nhttp {\naccess_log off;\n${temporary.join('\n')}\n${http}\n}\n`);
    await using proxy = new Program([nginxPath(), '-c', join(folder, 'conf'), '-p', folder, '-e', 'stderr']);
    await expectOneChat(proxy, port, started.chats);
    await rm(folder, { recursive: true });
  });

  it('shows the same haproxy as compose.yaml', () => {
    const shown = (blocks(scaling, 'haproxy')[0] ?? '').trim();
    expect(shown).toBe(below(compose, 'content: |').replaceAll(/^ {6}/gm, '').trim());
  });

  it('has commands that the chat takes, and names its variables', () => {
    const commands = blocks(scaling, 'sh').flatMap((block) =>
      [...block.matchAll(/^((?:[A-Z_]+=\S+ )*)npm start(?: --)?(.*)$/gm)].map(([, env = '', args = '']) => ({
        args: args.replace(/#.*/, '').split(' ').filter(Boolean),
        env: Object.fromEntries(
          env
            .split(' ')
            .filter(Boolean)
            .map((pair) => pair.split(/=(.*)/).slice(0, 2) as [string, string]),
        ),
      })),
    );
    expect(commands.length).toBeGreaterThan(3);
    for (const { args, env } of commands) {
      expect(parseChatSettings(args, env)).toBeDefined();
      for (const name of Object.keys(env)) expect(CHAT_HELP).toMatch(new RegExp(`\\b${name}\\b`));
    }
    for (const [name] of CHAT_HELP.matchAll(/\b[A-Z]+_[A-Z_]+\b/g)) expect(scaling).toContain(`\`${name}\``);
  });
});
