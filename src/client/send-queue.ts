/** What a WebSocket sends in browsers and in Node alike. */
export type Sendable = string | ArrayBuffer | ArrayBufferView;

/** How much may wait for a connection. */
export interface QueueLimits {
  /** Default 1,000. 0: nothing waits, what cannot be sent is refused. */
  messages?: number;
  /** Default 1 MiB. */
  bytes?: number;
}

/** Messages that wait for a connection, oldest first, bounded in number and in bytes. */
export class SendQueue {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  #waiting: Sendable[] = [];
  #bytes = 0;

  constructor({ messages = 1_000, bytes = 1 << 20 }: QueueLimits = {}) {
    this.#maxMessages = messages;
    this.#maxBytes = bytes;
  }

  /** The bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a copy of `data`; false if there is no room for it. */
  push(data: Sendable): boolean {
    const size = byteLength(data);
    if (this.#waiting.length >= this.#maxMessages || this.#bytes + size > this.#maxBytes) return false;
    this.#waiting.push(copy(data));
    this.#bytes += size;
    return true;
  }

  /** Everything that waited, in order; the queue is empty afterwards. */
  take(): Sendable[] {
    const taken = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    return taken;
  }
}

function byteLength(data: Sendable): number {
  return typeof data === 'string' ? new TextEncoder().encode(data).length : data.byteLength;
}

/** The caller may use its buffer again, as after `WebSocket.send`. */
function copy(data: Sendable): Sendable {
  if (typeof data === 'string') return data;
  if (data instanceof ArrayBuffer) return data.slice(0);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
}
