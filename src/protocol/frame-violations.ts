import { CloseCode } from './close.ts';
import { ProtocolError, type ProtocolErrorCode } from './errors.ts';

/** A frame that RFC 6455 §5 does not allow. */
export function violation(code: ProtocolErrorCode, what: string): ProtocolError {
  return new ProtocolError(CloseCode.ProtocolError, code, `Invalid WebSocket frame: ${what}`);
}

/** A message above the limit, whoever finds out: the parser, or an inflater. */
export function tooBig(): ProtocolError {
  return new ProtocolError(CloseCode.TooBig, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'Max payload size exceeded');
}

/** A message that is cut into more frames than the limit allows. */
export function tooManyFragments(): ProtocolError {
  return new ProtocolError(CloseCode.PolicyViolation, 'WS_ERR_TOO_MANY_BUFFERED_PARTS', 'Too many message fragments');
}
