import type { BinaryType, RawData } from './types.ts';

const BINARY_TYPES: readonly unknown[] = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'] satisfies BinaryType[];

export function isBinaryType(type: unknown): type is BinaryType {
  return BINARY_TYPES.includes(type);
}

/** A binary message as `binaryType` asks for it. `ends` are where its fragments end, for 'fragments'. */
export function shapeBinary(type: BinaryType, data: Buffer, ends: readonly number[]): RawData {
  switch (type) {
    case 'nodebuffer':
      return data;
    case 'arraybuffer':
      return toArrayBuffer(data);
    case 'blob':
      return new Blob([data as Buffer<ArrayBuffer>]);
    case 'fragments':
      return slices(data, ends);
  }
}

function toArrayBuffer(data: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(data.byteLength);
  new Uint8Array(copy).set(data);
  return copy;
}

function slices(data: Buffer, ends: readonly number[]): Buffer[] {
  const all: Buffer[] = [];
  let from = 0;
  for (const end of [...ends, data.length]) {
    if (end > from) all.push(data.subarray(from, end));
    from = end;
  }
  return all;
}
