/** What a peer broke, as the `code` of the error that users of the classes see (the codes of `ws`). */
export type ProtocolErrorCode =
  | 'WS_ERR_EXPECTED_FIN'
  | 'WS_ERR_EXPECTED_MASK'
  | 'WS_ERR_INVALID_CLOSE_CODE'
  | 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH'
  | 'WS_ERR_INVALID_LENGTH_ENCODING'
  | 'WS_ERR_INVALID_OPCODE'
  | 'WS_ERR_INVALID_UTF8'
  | 'WS_ERR_UNEXPECTED_MASK'
  | 'WS_ERR_UNEXPECTED_RSV_1'
  | 'WS_ERR_UNEXPECTED_RSV_2_3'
  | 'WS_ERR_TOO_MANY_BUFFERED_PARTS'
  | 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH'
  | 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
  // zlib's own, which users of `ws` know.
  | 'Z_DATA_ERROR';

/**
 * The peer broke RFC 6455 or a limit after the handshake. The connection is failed (§7.1.7) with `closeCode`:
 * 1002 protocol, 1007 not UTF-8, 1008 too many pieces, 1009 too big.
 */
export class ProtocolError extends Error {
  /** The code of the Close that the peer is sent. */
  readonly closeCode: number;
  /** Which rule it broke. */
  readonly code: ProtocolErrorCode;

  constructor(closeCode: number, code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProtocolError';
    this.closeCode = closeCode;
    this.code = code;
  }
}

/**
 * An opening handshake that is refused (RFC 6455 §4): the HTTP `status`, the text of the answer's body, and the
 * headers that go with it. Hooks of the server throw it to refuse; nothing internal belongs in `message`.
 */
export class HandshakeError extends Error {
  /** The HTTP status of the answer, 300 to 599. */
  readonly status: number;
  /** Headers that go with it. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    if (!Number.isInteger(status) || status < 300 || status > 599) {
      throw new RangeError(`status must be an integer from 300 to 599, got ${status}`);
    }
    super(message);
    this.name = 'HandshakeError';
    this.status = status;
    this.headers = headers;
  }
}
