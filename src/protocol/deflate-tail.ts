import { Buffer } from 'node:buffer';

/** The end of all that was flushed: the lengths of an empty stored block. A message leaves without it. RFC 7692 §7.2.1. */
export const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** What goes on the wire of what was flushed, if it is the last of its message. */
export function withoutTail(flushed: Buffer): Buffer {
  return flushed.subarray(0, flushed.length - TAIL.length);
}
