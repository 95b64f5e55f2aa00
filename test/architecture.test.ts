import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importsOf, UNREADABLE } from './support/imports.ts';
import { reachable, violations } from './support/layers.ts';

const src = new URL('../src/', import.meta.url);
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const sources = new Map(files.map((file) => [file.replaceAll('\\', '/'), readFileSync(new URL(file, src), 'utf8')]));

const check = (file: string, source: string): string[] => violations(new Map([[file, source]]));

describe('the source', () => {
  it('has no import that points up or sideways', () => {
    expect(files.length).toBeGreaterThan(0);
    expect(violations(sources)).toEqual([]);
  });

  it('imports only files that exist', () => {
    const missing = [...reachable(sources, [...sources.keys()]).files].filter((file) => !sources.has(file));
    expect(missing).toEqual([]);
  });

  it('needs nothing but Node to load the package and its protocol', () => {
    const { files: loaded, outside } = reachable(sources, ['index.ts', 'protocol/index.ts']);
    expect(loaded.size).toBeGreaterThan(10);
    expect([...outside].filter((specifier) => !specifier.startsWith('node:'))).toEqual([]);
  });

  it('needs nothing of Node to reconnect from a browser', () => {
    expect([...reachable(sources, ['client/reconnecting-websocket.ts']).outside]).toEqual([]);
  });

  it('has no file of more than 400 lines', () => {
    const lengths = [...sources].map(([file, source]) => ({ file, lines: source.split('\n').length - 1 }));
    expect(lengths.filter(({ lines }) => lines > 400)).toEqual([]);
  });
});

describe('the reader of import lines', () => {
  it.each([
    [`import { a } from './a.ts';`, './a.ts', true],
    [`import a, { b } from "./a.ts";`, './a.ts', true],
    [`import * as a from './a.ts';`, './a.ts', true],
    [`import {\n  a,\n  type B,\n} from './a.ts';`, './a.ts', true],
    [`import './a.ts';`, './a.ts', true],
    [`import type { A } from './a.ts';`, './a.ts', false],
    [`export { a } from './a.ts';`, './a.ts', true],
    [`export * from './a.ts';`, './a.ts', true],
    [`export * as a from './a.ts';`, './a.ts', true],
    [`export type { A } from './a.ts';`, './a.ts', false],
    [`const a = await import('./a.ts');`, './a.ts', false],
    [`type A = typeof import('./a.ts');`, './a.ts', false],
    [`let a: import('./a.ts').A;`, './a.ts', false],
    [`const a = require('./a.ts');`, './a.ts', false],
    ['const a = import(`./a.ts`);', './a.ts', false],
    ['const a = import(`./${name}.ts`);', UNREADABLE, false],
    [`const a = import(name);`, UNREADABLE, false],
    [`const a = import('./' + name);`, UNREADABLE, false],
  ])('sees %s', (source, specifier, eager) => {
    expect(importsOf(source)).toEqual([{ specifier, eager }]);
  });

  it.each([
    ` * import { a } from './a.ts';`,
    `// import './a.ts';`,
    `  // import('./a.ts')`,
    `export const from = 'a';`,
    `export function f(): string {\n  return 'b';\n}`,
    `const required = reimport('x') + a.require('y');`,
  ])('sees no import in %s', (source) => {
    expect(importsOf(source)).toEqual([]);
  });
});

describe('the rule of the layers', () => {
  it.each([
    ['protocol/a.ts', `import { b } from '../socket/b.ts';`],
    ['protocol/a.ts', `import type { b } from '../socket/b.ts';`],
    ['protocol/a.ts', `export * from '../socket/b.ts';`],
    ['protocol/a.ts', `await import('../socket/b.ts');`],
    ['protocol/a.ts', `import { connect } from 'node:net';`],
    ['protocol/a.ts', `import { Buffer } from 'buffer';`],
    ['socket/a.ts', `import { b } from '../server/b.ts';`],
    ['server/a.ts', `import { b } from '../client/b.ts';`],
    ['client/a.ts', `import { b } from '../server/b.ts';`],
    ['server/a.ts', `import { b } from '../pubsub/b.ts';`],
    ['pubsub/a.ts', `import { b } from '../socket/b.ts';`],
    ['pubsub/a.ts', `import { b } from '../server/b.ts';`],
    ['pubsub/a.ts', `import client from 'prom-client';`],
    ['server/a.ts', `import { Redis } from 'ioredis';`],
    ['chat/a.ts', `import { Redis } from 'ioredis';`],
    ['chat/a.ts', `import { b } from '../client/b.ts';`],
    ['chat/a.ts', `import { b } from '../cable/b.ts';`],
    ['cable/a.ts', `import { b } from '../client/reconnecting-websocket.ts';`],
    ['cable/consumer.ts', `import { b } from '../client/websocket-client.ts';`],
    ['client/a.ts', `import { b } from '../index.ts';`],
    ['client/deep/a.ts', `import { b } from '../../server/b.ts';`],
    ['index.ts', `import { b } from './cli/main.ts';`],
    ['server/a.ts', `import { b } from '../../test/b.ts';`],
    ['server/a.ts', `import ws from 'ws';`],
    ['cli/a.ts', `await import(name);`],
    ['elsewhere/a.ts', `import { b } from './b.ts';`],
  ])('refuses, in %s, %s', (file, source) => {
    expect(check(file, source)).toHaveLength(1);
  });

  it.each([
    ['protocol/a.ts', `import { inflateRawSync } from 'node:zlib';`],
    ['protocol/a.ts', `import { b } from './b.ts';`],
    ['socket/a.ts', `import { b } from '../protocol/b.ts';`],
    ['socket/a.ts', `import { Duplex } from 'node:stream';`],
    ['server/a.ts', `import { b } from '../socket/b.ts';`],
    ['pubsub/a.ts', `const { Redis } = await import('ioredis');`],
    ['chat/a.ts', `import { b } from '../server/b.ts';`],
    ['chat/a.ts', `import client from 'prom-client';`],
    ['cable/consumer.ts', `import { b } from '../client/reconnecting-websocket.ts';`],
    ['cli/a.ts', `import { b } from '../chat/b.ts';`],
    ['index.ts', `export { b } from './client/b.ts';`],
  ])('accepts, in %s, %s', (file, source) => {
    expect(check(file, source)).toEqual([]);
  });

  it('follows eager imports only', () => {
    const made = new Map([
      ['index.ts', `import './a.ts';\nimport type { T } from 'types-only';`],
      ['a.ts', `export * from './b.ts';\nconst later = () => import('ioredis');`],
      ['b.ts', `import 'eager';`],
    ]);
    const { files: loaded, outside } = reachable(made, ['index.ts']);
    expect([...loaded]).toEqual(['index.ts', 'a.ts', 'b.ts']);
    expect([...outside]).toEqual(['eager']);
  });
});
