import { once } from 'node:events';
import WebSocket, { type ClientOptions } from 'ws';

export interface Message {
  readonly type: string;
  readonly [field: string]: unknown;
}

const PATIENCE = 10_000;

/** A client of the chat, on an independent WebSocket: keeps what it got until a test asks for it. */
export class Client {
  readonly socket: WebSocket;
  /** Everything that arrived, in order. */
  readonly all: Message[] = [];
  readonly #unread: Message[] = [];
  readonly #waiting = new Set<() => void>();
  closed: { readonly code: number; readonly reason: string } | undefined;

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url, options);
    this.socket.on('message', (data, isBinary) => {
      if (isBinary) throw new Error('the chat speaks text');
      const message = JSON.parse(String(data)) as Message;
      this.all.push(message);
      this.#unread.push(message);
      for (const wake of this.#waiting) wake();
    });
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
      for (const wake of this.#waiting) wake();
    });
    this.socket.on('error', () => {});
  }

  static async open(url: string, options: ClientOptions = {}): Promise<Client> {
    const client = new Client(url, options);
    await once(client.socket, 'open');
    return client;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  /** The next message that was not asked for yet, of a type if one is given; others stay. */
  async next(type?: string): Promise<Message> {
    const end = performance.now() + PATIENCE;
    for (;;) {
      const i = this.#unread.findIndex((message) => type === undefined || message.type === type);
      const [found] = i === -1 ? [] : this.#unread.splice(i, 1);
      if (found) return found;
      const left = end - performance.now();
      if (left <= 0 || this.closed) {
        throw new Error(
          `no ${type ?? 'message'}; closed: ${JSON.stringify(this.closed)}; got ${JSON.stringify(this.all)}`,
        );
      }
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, left);
        this.#waiting.add(wake);
      });
    }
  }

  /** Messages of a type that have not been asked for, after an answer to a `ping` has shown that all have come. */
  async rest(type: string): Promise<Message[]> {
    this.send({ type: 'ping' });
    await this.next('pong');
    return this.#unread.splice(0).filter((message) => message.type === type);
  }

  async join(room: string, name: string, more: object = {}): Promise<Message> {
    this.send({ type: 'join', room, name, ...more });
    return this.next('joined');
  }

  /** Says something and waits for the acknowledgement. */
  async say(room: string, text: string, key: string = crypto.randomUUID()): Promise<Message> {
    this.send({ type: 'say', room, key, text });
    return this.next('ack');
  }

  /** The line is cut, without a word. */
  cut(): void {
    this.socket.terminate();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.socket.close();
    await this.ended();
  }

  /** Resolves when the connection is closed. */
  async ended(): Promise<{ readonly code: number; readonly reason: string }> {
    if (!this.closed) await once(this.socket, 'close');
    return this.closed as { code: number; reason: string };
  }
}
