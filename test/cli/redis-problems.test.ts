import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { freePorts } from '../support/ports.ts';
import { RedisServer } from '../support/redis.ts';
import { selfSignedCertificate } from '../support/tls.ts';
import { Command } from './command.ts';

interface Health {
  readonly backplane: string;
  readonly problem?: string;
}

async function health({ http }: Command): Promise<Health> {
  return (await (await fetch(`${http}/healthz`)).json()) as Health;
}

/** Resolves when the chat tells what is given, or with what it tells after ten seconds. */
async function becomes(chat: Command, holds: (now: Health) => boolean): Promise<Health> {
  for (let i = 0; i < 100 && !holds(await health(chat)); i++) await sleep(100);
  return health(chat);
}

it('a certificate that nobody knows is told, and taken if that is asked for', { timeout: 40_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'halyard-tls-'));
  const { key, cert } = selfSignedCertificate();
  const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') };
  writeFileSync(files.key, key);
  writeFileSync(files.cert, cert);
  const [tlsPort = 0] = await freePorts(1);
  const config = {
    'tls-port': String(tlsPort),
    'tls-key-file': files.key,
    'tls-cert-file': files.cert,
    'tls-auth-clients': 'no',
    requirepass: 's3cret',
  };
  await using redis = await RedisServer.start({ config });
  expect(await redis.command('ping')).toBe('PONG');
  const env = { REDIS_URL: `rediss://:s3cret@127.0.0.1:${tlsPort}` };
  await using strict = await Command.chat([], env);
  await using lax = await Command.chat([], { ...env, REDIS_TLS_REJECT_UNAUTHORIZED: '0' });
  await using flagged = await Command.chat(['--redis-any-cert'], env);
  for (const chat of [lax, flagged]) {
    const now = await becomes(chat, ({ backplane }) => backplane === 'ready');
    expect(now).toMatchObject({ backplane: 'ready' });
    expect(now).not.toHaveProperty('problem');
  }
  const now = await becomes(strict, ({ problem }) => problem !== undefined);
  expect(now).toMatchObject({ backplane: 'away', problem: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  expect(strict.err).toMatch(/^Redis is away \(DEPTH_ZERO_SELF_SIGNED_CERT\): .+\n$/);
  expect(strict.err).not.toContain('s3cret');
  rmSync(folder, { recursive: true });
});

it('a wrong password is told once, not at each attempt, and not what it was', { timeout: 40_000 }, async () => {
  await using redis = await RedisServer.start({ config: { requirepass: 'right' } });
  await using chat = await Command.chat([], { REDIS_URL: redis.url.replace('right', 'wr0ng') });
  expect(await becomes(chat, ({ problem }) => problem !== undefined)).toMatchObject({ problem: 'WRONGPASS' });
  await sleep(1_000);
  expect(chat.err.match(/WRONGPASS/g)).toHaveLength(2);
  expect(chat.err).not.toContain('wr0ng');
});

it('a Redis that goes is told anew each time', { timeout: 40_000 }, async () => {
  await using redis = await RedisServer.start();
  await using chat = await Command.chat([], { REDIS_URL: redis.url });
  for (let times = 1; times <= 2; times++) {
    await becomes(chat, ({ backplane }) => backplane === 'ready');
    await redis.kill();
    expect(await becomes(chat, ({ problem }) => problem === 'ECONNREFUSED')).toMatchObject({ backplane: 'away' });
    expect(chat.err.match(/\(ECONNREFUSED\)/g)).toHaveLength(times);
    await redis.restart();
  }
});
