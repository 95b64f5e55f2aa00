import { describe, expect, it } from 'vitest';
import * as pubsub from '../../src/pubsub/index.ts';
import { DEFAULT_RETENTION } from '../../src/pubsub/message-log.ts';
import { read } from './pages.ts';
import { declared, documented, rows, section } from './reference.ts';

const page = read('docs/pubsub.md');
const HUB = 'src/pubsub/hub.ts';
const RETENTION = declared('src/pubsub/message-log.ts', 'Retention');

describe('docs/pubsub.md names all that is there, and nothing else:', () => {
  it.each<[string, string[]]>([
    ['### Options', [...declared(HUB, 'HubOptions'), ...declared('src/pubsub/fan-out.ts', 'FanOutOptions')]],
    ['### Options of join', declared(HUB, 'JoinOptions')],
    ['### Options of publish', declared(HUB, 'PublishOptions')],
    ['### Options of MemoryLog', [...declared('src/pubsub/memory-log.ts', 'MemoryLogOptions'), ...RETENTION]],
    ['### Options of connectRedis', [...declared('src/pubsub/redis.ts', 'ConnectRedisOptions'), ...RETENTION]],
    ['### Methods and properties', Object.getOwnPropertyNames(pubsub.Hub.prototype).filter((n) => n !== 'constructor')],
    ['## Backplanes and logs', Object.keys(pubsub).filter((name) => name !== 'Hub')],
  ])('%s', (heading, names) => {
    expect(documented(page, heading)).toEqual(names.toSorted());
  });

  it('members of FanOut, and what connectRedis and serveWorker take and give', () => {
    const said = new Map(
      rows(section(page, '## Backplanes and logs')).map(({ names, cells }) => [names[0]!, cells[1]!]),
    );
    const members = Object.getOwnPropertyNames(pubsub.FanOut.prototype).filter((name) => name !== 'constructor');
    const told: [string, string[]][] = [
      ['FanOut', [...members, ...declared('src/pubsub/fan-out.ts', 'FanOutOptions')]],
      ['connectRedis', declared('src/pubsub/redis.ts', 'RedisPair')],
      ['serveWorker', declared('src/pubsub/cluster-primary.ts', 'ServeWorkerOptions')],
      ['ClusterWorker', ['backplane', 'log', 'close']],
    ];
    for (const [name, words] of told) {
      expect([name, words.filter((word) => !new RegExp(`\\b${word}\\b`).test(said.get(name)!))]).toEqual([name, []]);
    }
  });

  it('the defaults of retention', () => {
    const said = new Map(
      rows(section(page, '### Options of MemoryLog')).map(({ names, cells }) => [names[0], cells[1]]),
    );
    const number = (name: string): number => Number.parseInt(said.get(name)!.replaceAll(',', ''), 10);
    expect(Object.fromEntries(RETENTION.map((name) => [name, number(name)]))).toEqual(DEFAULT_RETENTION);
  });
});
