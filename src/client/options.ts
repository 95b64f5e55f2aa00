import type { ClientRequest, RequestOptions } from 'node:http';
import type { RequestOptions as SecureRequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { PerMessageDeflateOptions } from '../protocol/deflate-options.ts';
import type { WebSocketOptions } from '../socket/types.ts';

type HttpOptions = Omit<RequestOptions, 'createConnection' | 'protocol' | 'timeout' | 'method'> & SecureRequestOptions;

/** What a client may be told, beside every option of `http.request` and `https.request`. */
export interface ClientOptions extends Omit<HttpOptions, 'createConnection'>, Omit<WebSocketOptions, 'isServer'> {
  /** Subprotocols, if they are not the second argument. */
  protocols?: string | readonly string[] | undefined;
  /** Milliseconds from dialling until the connection is open, redirects included; default: no limit. */
  handshakeTimeout?: number | undefined;
  /** Aborts dialling; has no effect once the connection is open. */
  signal?: AbortSignal | undefined;
  /** Value of the Origin header. */
  origin?: string | undefined;
  /** `Sec-WebSocket-Version`: 13 (default) or 8; anything else is a RangeError. */
  protocolVersion?: number | undefined;
  /** Whether compression is offered (RFC 7692), and how; default true. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Whether 3xx answers are followed; default false. */
  followRedirects?: boolean | undefined;
  /** Default 10. */
  maxRedirects?: number | undefined;
  /** Called instead of `request.end()`. */
  finishRequest?: ((request: ClientRequest, websocket: unknown) => void) | undefined;
  /** Makes the stream, as in `http.request`; default: TCP or TLS. */
  createConnection?:
    ((options: object, callback?: (error: Error | null, stream: Duplex) => void) => Duplex) | undefined;
}
