import { Buffer, isUtf8 } from 'node:buffer';
import { ProtocolError } from './errors.ts';
import { MAX_CONTROL_PAYLOAD } from './opcode.ts';

/** Status codes of RFC 6455 §7.4.1 and of the registry of §11.7. */
export const CloseCode = {
  Normal: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  UnsupportedData: 1003,
  /** Never on the wire: the peer's Close carried no code. */
  NoStatus: 1005,
  /** Never on the wire: the connection ended without a Close. */
  Abnormal: 1006,
  InvalidPayload: 1007,
  PolicyViolation: 1008,
  TooBig: 1009,
  InternalError: 1011,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
} as const;

/** What a Close frame says. `reason` is UTF-8, at most 123 bytes. */
export interface Close {
  readonly code: number;
  readonly reason: Buffer;
}

const EMPTY = Buffer.alloc(0);

/** A Close frame takes two bytes of a control frame's payload for the code. */
const MAX_REASON = MAX_CONTROL_PAYLOAD - 2;

/** Whether a code may stand in a Close frame: 1000–1014 but 1004–1006, and 3000–4999. §7.4. */
function isValidCloseCode(code: unknown): code is number {
  if (typeof code !== 'number' || !Number.isInteger(code)) return false;
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

/** Reads a Close frame's payload; the reason is a copy, so that it holds no read buffer. §5.5.1. */
export function parseClose(payload: Buffer, validateUtf8 = true): Close {
  if (payload.length === 0) return { code: CloseCode.NoStatus, reason: EMPTY };
  const code = payload.readUInt16BE(0);
  if (!isValidCloseCode(code)) {
    throw new ProtocolError(
      CloseCode.ProtocolError,
      'WS_ERR_INVALID_CLOSE_CODE',
      `Invalid WebSocket frame: invalid status code ${code}`,
    );
  }
  if (payload.length === 2) return { code, reason: EMPTY };
  const reason = payload.subarray(2);
  if (validateUtf8 && !isUtf8(reason)) {
    throw new ProtocolError(
      CloseCode.InvalidPayload,
      'WS_ERR_INVALID_UTF8',
      'Invalid WebSocket frame: invalid UTF-8 sequence',
    );
  }
  return { code, reason: Buffer.from(reason) };
}

/**
 * Writes a Close frame's payload: nothing without a code, else the code and the reason.
 * Throws a TypeError for a code that may not be sent or a reason of another type, a RangeError for a reason of more
 * than 123 bytes.
 */
export function encodeClose(code?: number, reason: string | Uint8Array = ''): Buffer {
  if (code === undefined) return EMPTY;
  if (!isValidCloseCode(code)) throw new TypeError('First argument must be a valid error code number');
  if (typeof reason !== 'string' && !(reason instanceof Uint8Array)) {
    throw new TypeError(`The reason must be a string or a Uint8Array, got ${typeof reason}`);
  }
  const text = typeof reason === 'string' ? Buffer.from(reason) : reason;
  if (text.byteLength > MAX_REASON) throw new RangeError('The message must not be greater than 123 bytes');
  const payload = Buffer.allocUnsafe(2 + text.byteLength);
  payload.writeUInt16BE(code, 0);
  payload.set(text, 2);
  return payload;
}
