/** Something that has collected bytes in this tick. */
export interface Flushable {
  /** Must not throw. */
  flush(): void;
}

let waiting: Flushable[] = [];

function flushAll(): void {
  const all = waiting;
  waiting = [];
  for (const one of all) one.flush();
}

/** Flushes at the end of the tick: one callback for all sockets that send in it. */
export function flushAtEndOfTick(one: Flushable): void {
  if (waiting.push(one) === 1) process.nextTick(flushAll);
}
