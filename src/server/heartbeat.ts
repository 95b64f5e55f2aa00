import { LONGEST_TIMER } from '../socket/check-options.ts';

/** How peers that vanished without a word are found. */
export interface HeartbeatOptions {
  /** Milliseconds between pings to everybody. */
  readonly interval: number;
  /** Milliseconds that a peer has to show any sign of life after a ping; less than the interval. */
  readonly timeout: number;
}

/** What a heartbeat asks of a socket. */
export interface Beating {
  readonly readyState: number;
  /** Whether anything arrived since it was last set to false. */
  heard: boolean;
  /** Whether its owner stopped reading: then it is not the peer who is silent. */
  readonly isPaused: boolean;
  ping(): void;
  terminate(): void;
}

const OPEN = 1;

/** Pings all members at every interval and terminates those that stay silent: two timers however many they are. */
export class Heartbeat {
  readonly #members: () => Iterable<Beating>;
  readonly #timeout: number;
  readonly #interval: NodeJS.Timeout;
  #deadline: NodeJS.Timeout | undefined;

  /** Throws a RangeError unless 0 < timeout < interval, and the interval is one that a timer can be set for. */
  constructor(members: () => Iterable<Beating>, { interval, timeout }: HeartbeatOptions) {
    if (!(timeout > 0 && timeout < interval)) {
      throw new RangeError(`heartbeat needs 0 < timeout < interval, got timeout ${timeout} and interval ${interval}`);
    }
    if (interval > LONGEST_TIMER) {
      throw new RangeError(`heartbeat needs an interval of at most ${LONGEST_TIMER} milliseconds, got ${interval}`);
    }
    this.#members = members;
    this.#timeout = timeout;
    this.#interval = setInterval(() => this.#beat(), interval);
    this.#interval.unref();
  }

  stop(): void {
    clearInterval(this.#interval);
    clearTimeout(this.#deadline);
  }

  #beat(): void {
    const asked: Beating[] = [];
    for (const member of this.#members()) {
      if (member.readyState !== OPEN) continue;
      member.heard = false;
      member.ping();
      asked.push(member);
    }
    this.#deadline = setTimeout(() => {
      for (const member of asked) if (!member.heard && !member.isPaused) member.terminate();
    }, this.#timeout);
    this.#deadline.unref();
  }
}
