import { performance } from 'node:perf_hooks';

/** Work that a connection may do before others get their turn: one for a message, and one for every 4 KiB of it. */
export const WORK_PER_TURN = 1024;

/** Milliseconds after which it is others' turn, however little was done. */
const TIME = 5;

/** How often the clock is read: it costs as much as parsing a message. */
const CLOCK_EVERY = 8;

/** Whoever reads within the budget. */
export interface BudgetedReader {
  holdReading(): void;
  continueReading(): void;
}

/**
 * Keeps one flooding peer from delaying everybody else: libuv hands over up to 2 MiB of a socket in one turn of the
 * loop, and a synchronous parser makes 300,000 events of that. When the budget is spent, reading is held and goes on
 * by `setImmediate`.
 */
export class ReadBudget {
  readonly #reader: BudgetedReader;
  readonly #most: number;
  #work = 0;
  #startedAt = 0;
  #turn: NodeJS.Immediate | undefined;
  #ended = false;

  constructor(reader: BudgetedReader, most: number) {
    this.#reader = reader;
    this.#most = most;
  }

  /** Whether reading waits for its next turn. */
  get spent(): boolean {
    return this.#turn !== undefined;
  }

  /** Counts a message of `size` bytes. */
  spend(size: number): void {
    this.#work += 1 + (size >>> 12);
    if (this.#work >= this.#most || ((this.#work & (CLOCK_EVERY - 1)) === 0 && this.#isLate())) this.#yield();
  }

  /** What was received is handled: the clock stops. */
  endRead(): void {
    this.#startedAt = 0;
  }

  /** Nothing more will arrive: what is left is read at once. */
  end(): void {
    this.#ended = true;
    clearImmediate(this.#turn);
    this.#turn = undefined;
  }

  #isLate(): boolean {
    const now = performance.now();
    if (this.#startedAt === 0) this.#startedAt = now;
    return now - this.#startedAt > TIME;
  }

  #yield(): void {
    if (this.#turn !== undefined || this.#ended) return;
    this.#turn = setImmediate(nextTurn, this);
    this.#reader.holdReading();
  }

  nextTurn(): void {
    this.#turn = undefined;
    this.#work = 0;
    this.#reader.continueReading();
  }
}

function nextTurn(budget: ReadBudget): void {
  budget.nextTurn();
}
