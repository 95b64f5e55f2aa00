import type { Buffer } from 'node:buffer';
import { CloseCode } from './close.ts';
import { ProtocolError } from './errors.ts';
import { violation } from './frame-violations.ts';
import { FIN, MASK, MAX_CONTROL_PAYLOAD, Opcode, RSV1 } from './opcode.ts';

/*
 * The header of a frame (RFC 6455 §5.2): FIN, RSV and opcode in its first byte, MASK and a length of 7 bits in its
 * second; then 16 or 64 bits of length where 7 are not enough; then the masking key.
 */

/** The longest one: with 64 bits of length, and a masking key. */
export const LONGEST_HEADER = 14;

/** The first byte of a message in one frame without reserved bits. */
export const SINGLE_TEXT = FIN | Opcode.Text;
export const SINGLE_BINARY = FIN | Opcode.Binary;

const RSV = 0x70;

/** All that can be refused on the first two bytes, before anything is stored. §5.1, §5.2, §5.4, §5.5. */
export function checkFirstTwo(
  first: number,
  second: number,
  expectMask: boolean,
  allowedRsv: number,
  inMessage: boolean,
): void {
  const opcode = first & 0x0f;
  const rsv = first & RSV;
  if ((rsv & ~allowedRsv) !== 0) {
    if ((rsv & ~RSV1) !== 0) throw violation('WS_ERR_UNEXPECTED_RSV_2_3', 'RSV2 and RSV3 must be clear');
    throw violation('WS_ERR_UNEXPECTED_RSV_1', 'RSV1 must be clear');
  }
  if ((opcode & 0x08) !== 0) {
    if (opcode > Opcode.Pong) throw violation('WS_ERR_INVALID_OPCODE', `invalid opcode ${opcode}`);
    if ((first & FIN) === 0) throw violation('WS_ERR_EXPECTED_FIN', 'FIN must be set');
    if (rsv !== 0) throw violation('WS_ERR_UNEXPECTED_RSV_1', 'RSV1 must be clear');
    const length = second & 0x7f;
    if (length > MAX_CONTROL_PAYLOAD || (opcode === Opcode.Close && length === 1)) {
      throw violation('WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', `invalid payload length ${length}`);
    }
  } else if (opcode === Opcode.Continuation) {
    if (rsv !== 0) throw violation('WS_ERR_UNEXPECTED_RSV_1', 'RSV1 must be clear');
    if (!inMessage) throw violation('WS_ERR_INVALID_OPCODE', 'invalid opcode 0');
  } else if (opcode > Opcode.Binary || inMessage) {
    throw violation('WS_ERR_INVALID_OPCODE', `invalid opcode ${opcode}`);
  }
  if (((second & MASK) !== 0) !== expectMask) {
    throw expectMask
      ? violation('WS_ERR_EXPECTED_MASK', 'MASK must be set')
      : violation('WS_ERR_UNEXPECTED_MASK', 'MASK must be clear');
  }
}

/** The length of a payload of less than 64 KiB, masked or not; -1 for what is longer, or wrong, or not there yet. */
export function shortLength(bytes: Buffer, at: number, isMasked: boolean): number {
  const length = isMasked ? bytes[at + 1]! ^ MASK : bytes[at + 1]!;
  if (length < 126) return length;
  const length16 = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  return length === 126 && length16 >= 126 ? length16 : -1;
}

/** What is before such a payload. */
export function shortHeaderSize(length: number, isMasked: boolean): number {
  return (length < 126 ? 2 : 4) + (isMasked ? 4 : 0);
}

/** The masking key, little-endian. `readInt32LE` checks its arguments, which costs as much as parsing the rest of a header. */
export function readKey(bytes: Buffer, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Where a header's length ends. */
export function lengthEnd(second: number): number {
  const length = second & 0x7f;
  return 2 + (length < 126 ? 0 : length === 126 ? 2 : 8);
}

/** The length of the whole header, by its second byte. */
export function headerSize(second: number): number {
  return lengthEnd(second) + ((second & MASK) === 0 ? 0 : 4);
}

/** The length of the payload, in its shortest form. */
export function parseLength(bytes: Buffer, at: number): number {
  const length = bytes[at + 1]! & 0x7f;
  if (length < 126) return length;
  if (length === 127) return parseLength64(bytes, at + 2);
  const length16 = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  if (length16 < 126) throw violation('WS_ERR_INVALID_LENGTH_ENCODING', 'length not in its shortest form');
  return length16;
}

/** 64 bits, the highest 0, the shortest form. JavaScript counts bytes to 2^53 - 1. */
function parseLength64(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32BE(at);
  const low = bytes.readUInt32BE(at + 4);
  if (high > 0x7fffffff) throw violation('WS_ERR_INVALID_LENGTH_ENCODING', 'the highest bit of a length must be clear');
  if (high > 0x1fffff) {
    throw new ProtocolError(
      CloseCode.TooBig,
      'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
      'Unsupported WebSocket frame: payload length > 2^53 - 1',
    );
  }
  const length = high * 2 ** 32 + low;
  if (length < 65536) throw violation('WS_ERR_INVALID_LENGTH_ENCODING', 'length not in its shortest form');
  return length;
}
