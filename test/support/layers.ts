import { posix } from 'node:path';
import { importsOf, UNREADABLE, type Import } from './imports.ts';

/** What a layer may import besides itself and Node; `docs/architecture.md` draws it. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  socket: ['protocol'],
  server: ['socket', 'protocol'],
  client: ['socket', 'protocol'],
  pubsub: ['protocol'],
  cable: ['server', 'pubsub', 'protocol'],
  chat: ['server', 'pubsub', 'protocol'],
  cli: ['cable', 'chat', 'client', 'index.ts', 'protocol', 'pubsub', 'server', 'socket'],
  'index.ts': ['client', 'protocol', 'pubsub', 'server', 'socket'],
};

/** The one arrow that goes sideways: the consumer of channels reconnects. */
const SIDEWAYS = [{ from: 'cable/consumer', to: 'client/reconnecting-websocket.ts' }];

const PROTOCOL_BUILTINS = ['node:buffer', 'node:crypto', 'node:zlib'];

/** The packages of `optionalDependencies`, and the layers that know them. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  ioredis: ['pubsub'],
  'prom-client': ['chat', 'cli'],
};

/** @param file relative to `src/`, with slashes */
function layerOf(file: string): string {
  return file.split('/', 1)[0] as string;
}

/** The file that a relative specifier names, relative to `src/`; undefined for a package or builtin. */
function targetOf(file: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(file), specifier)) : undefined;
}

function verdict(file: string, { specifier }: Import): string | undefined {
  const layer = layerOf(file);
  const below = BELOW[layer];
  if (!below) return `${layer} is no layer`;
  if (specifier === UNREADABLE) return 'imports something computed, which nobody can check';

  const target = targetOf(file, specifier);
  if (target === undefined) {
    if (specifier.startsWith('node:')) {
      const allowed = layer !== 'protocol' || PROTOCOL_BUILTINS.includes(specifier);
      return allowed ? undefined : `protocol does no I/O, so not ${specifier}`;
    }
    return PACKAGES[specifier]?.includes(layer) ? undefined : `${layer} must not depend on ${specifier}`;
  }

  if (target.startsWith('..')) return `${specifier} is outside of src/`;
  const to = layerOf(target);
  if (to === layer || below.includes(to)) return undefined;
  if (SIDEWAYS.some((arrow) => file.startsWith(arrow.from) && target === arrow.to)) return undefined;
  return `${layer} must not import ${to} (${specifier})`;
}

/** One line for each import that points up or sideways, or at a package that the layer must not know. */
export function violations(sources: ReadonlyMap<string, string>): string[] {
  return [...sources].flatMap(([file, source]) =>
    importsOf(source).flatMap((line) => {
      const wrong = verdict(file, line);
      return wrong === undefined ? [] : [`${file}: ${wrong}`];
    }),
  );
}

/** What is evaluated when one of `entries` is imported: these files, and everything outside of `src/` that they name. */
export function reachable(sources: ReadonlyMap<string, string>, entries: readonly string[]) {
  const files = new Set(entries);
  const outside = new Set<string>();
  for (const file of files) {
    for (const { specifier, eager } of importsOf(sources.get(file) ?? '')) {
      if (!eager) continue;
      const target = targetOf(file, specifier);
      if (target === undefined) outside.add(specifier);
      else files.add(target);
    }
  }
  return { files, outside };
}
