/*
 * What every typed array can do, looked up once: the compiler sees through no property of one but its length, and to look
 * one up costs half as much as what is found there does to a short payload (bench/micro/parse.js).
 */

const { prototype } = Uint8Array;
const inherited = Object.getPrototypeOf(prototype) as object;

const { set } = prototype;
const memoryGetter = getterOf('buffer') as () => ArrayBufferLike;
const offsetGetter = getterOf('byteOffset') as () => number;

/** `target.set(source, at)`. */
export function put(target: Uint8Array, source: Uint8Array, at: number): void {
  set.call(target, source, at);
}

/** `bytes.buffer`. */
export function memoryOf(bytes: Uint8Array): ArrayBufferLike {
  return memoryGetter.call(bytes);
}

/** `bytes.byteOffset`. */
export function offsetOf(bytes: Uint8Array): number {
  return offsetGetter.call(bytes);
}

function getterOf(property: 'buffer' | 'byteOffset'): () => unknown {
  return Object.getOwnPropertyDescriptor(inherited, property)!.get!;
}
