import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { UnavailableError } from '../../src/pubsub/backplane.ts';
import { Hub } from '../../src/pubsub/hub.ts';
import type { RedisPair } from '../../src/pubsub/redis.ts';
import { until } from '../support/until.ts';
import { Recorder } from './recorder.ts';

/** Members in several processes' hubs, and publishers that send again what was not acknowledged. */
export class Load {
  readonly hubs: Hub[];
  readonly members: Recorder[] = [];
  /** Ids in the order of the acknowledgements. */
  readonly acknowledged: string[] = [];
  readonly #channels: number;
  #isOver = false;
  #publishing: Promise<void>[] = [];
  refused = 0;

  constructor(pairs: readonly RedisPair[], channels: number) {
    this.#channels = channels;
    this.hubs = pairs.map(
      ({ backplane, log }) => new Hub({ backplane, log, render: (_, { id }) => String(id), gap: () => 'gap' }),
    );
  }

  /** `count` members in every hub and channel, `publishers` in turn on the hubs, each with a message every `interval`. */
  async start(count: number, publishers: number, interval: number): Promise<void> {
    for (const hub of this.hubs) {
      for (let i = 0; i < this.#channels * count; i++) {
        const member = new Recorder();
        this.members.push(member);
        await hub.join(member, `channel-${i % this.#channels}`);
      }
    }
    this.#publishing = Array.from({ length: publishers }, (_, i) => this.#publish(i, interval));
  }

  async #publish(publisher: number, interval: number): Promise<void> {
    const hub = this.hubs[publisher % this.hubs.length] as Hub;
    for (let i = 0; !this.#isOver; i++) {
      const channel = `channel-${(publisher + i) % this.#channels}`;
      await this.#publishOne(hub, channel, `${publisher}-${i}`);
      await sleep(interval);
    }
  }

  async #publishOne(hub: Hub, channel: string, key: string): Promise<void> {
    for (;;) {
      try {
        const appended = await hub.publish(channel, key, { key });
        this.acknowledged.push(`${channel} ${appended?.id}`);
        return;
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        this.refused++;
        await sleep(100);
      }
    }
  }

  /** Ends publishing, and waits until everything that was acknowledged has arrived or does not come any more. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#publishing);
    for (let i = 0, before = -1, quiet = 0; i < 100 && quiet < 10; i++) {
      const now = this.members.reduce((sum, { messages }) => sum + messages.length, 0);
      quiet = now === before ? quiet + 1 : 0;
      before = now;
      await sleep(100);
    }
  }

  /** What each member of a channel heard. */
  heard(channel: number): string[][] {
    return this.members.filter((_, i) => i % this.#channels === channel).map(({ texts }) => texts);
  }

  /** Resolves when more than so many messages are acknowledged. */
  async acknowledges(count: number): Promise<void> {
    await until(`${count} messages are acknowledged`, () => this.acknowledged.length > count, 30_000);
  }

  acknowledgedIn(channel: number): string[] {
    const begin = `channel-${channel} `;
    return this.acknowledged.filter((item) => item.startsWith(begin)).map((item) => item.slice(begin.length));
  }

  /** Every acknowledged message at every member, once, in one order for all, and no gap. */
  expectAll(): void {
    this.expectOrdered();
    for (let channel = 0; channel < this.#channels; channel++) {
      for (const texts of this.heard(channel)) {
        expect(texts).not.toContain('gap');
        expect(texts.toSorted()).toEqual(this.acknowledgedIn(channel).toSorted());
      }
    }
  }

  /** Nothing twice, the same order for all, and whatever is missing is before a gap. Returns how much is missing. */
  expectOrdered(): number {
    let missing = 0;
    for (let channel = 0; channel < this.#channels; channel++) {
      const [first = [], ...others] = this.heard(channel);
      const wanted = this.acknowledgedIn(channel);
      for (const texts of [first, ...others]) {
        const ids = texts.filter((text) => text !== 'gap');
        expect(new Set(ids).size).toBe(ids.length);
        const got = new Set(ids);
        const lost = wanted.filter((id) => !got.has(id)).length;
        if (lost > 0) expect(texts).toContain('gap');
        missing += lost;
        const common = new Set(first);
        expect(ids.filter((id) => common.has(id))).toEqual(first.filter((id) => got.has(id)));
      }
    }
    return missing;
  }
}
