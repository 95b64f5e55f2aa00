import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Runs the garbage collector until nothing is left for it that was let go of before. */
export async function collect(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await sleep(5);
    gc();
  }
}

/** Whether nobody holds a thing, once the garbage collector had its time. */
export async function isCollected(thing: WeakRef<object>): Promise<boolean> {
  for (let i = 0; i < 50 && thing.deref() !== undefined; i++) await collect();
  return thing.deref() === undefined;
}
