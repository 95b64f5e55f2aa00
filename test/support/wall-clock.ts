import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faketimePath } from './tools.ts';

/** A clock of the day for programs of a test, that can be set while they run. The monotonic clock is left as it is. */
export class WallClock {
  readonly #folder = mkdtempSync(join(tmpdir(), 'halyard-clock-'));
  readonly #file = join(this.#folder, 'offset');
  /** The environment of a program that is to go by this clock. */
  readonly env: Readonly<Record<string, string>>;

  constructor() {
    this.set(0);
    const [library = ''] = execFileSync(faketimePath(), ['-f', '+0', 'printenv', 'LD_PRELOAD'], {
      encoding: 'utf8',
    }).split('\n');
    this.env = {
      // With its own allocator before any other: one that asks for the time at its start waits for the library, and it for that.
      LD_PRELOAD: `${library} libc.so.6`,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** @param offset seconds from the true time; programs go by it within a second */
  set(offset: number): void {
    writeFileSync(this.#file, `${offset < 0 ? '' : '+'}${offset}\n`);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
