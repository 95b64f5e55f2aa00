/** Something that has collected bytes in this tick. */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

function flushAll(): void {
  const all = waiting;
  waiting = [];
  let done = 0;
  try {
    for (; done < all.length; done++) all[done]!.flush();
  } finally {
    // A stream of somebody's own threw: the others still get their turn.
    for (const one of all.slice(done + 1)) flushAtEndOfTick(one);
  }
}

/** Flushes at the end of the tick: one callback for all sockets that send in it. */
export function flushAtEndOfTick(one: Flushable): void {
  if (waiting.push(one) === 1) process.nextTick(flushAll);
}
