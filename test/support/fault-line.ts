import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What a connection to Redis is used for: the one that subscribes, or the one that stores and reads. */
export type Role = 'commands' | 'subscriber';

interface Connection {
  readonly near: Socket;
  readonly far: Socket;
  role: Role;
  /** Nothing passes in either direction. */
  isSilent: boolean;
  /** Requests pass, replies do not. */
  isDeaf: boolean;
  /** A script was sent whose reply has not come. */
  isScriptSent: boolean;
}

/**
 * A line from one server to Redis, each of whose connections can fail in its own way. Faults hit the connections that exist:
 * new ones work.
 */
export class FaultLine {
  readonly #server = createServer((near) => this.#open(near));
  readonly #target: number;
  readonly #connections = new Set<Connection>();
  #onLost: (() => void) | undefined;

  private constructor(target: number) {
    this.#target = target;
  }

  static async to(target: number): Promise<FaultLine> {
    const line = new FaultLine(target);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Both ends believe that the connection is there, and hear nothing of each other any more. */
  silence(role: Role): void {
    for (const connection of this.#of(role)) connection.isSilent = true;
  }

  /** Redis sees its connections end; the server is not told. */
  halfOpen(): void {
    for (const connection of this.#connections) {
      connection.isSilent = true;
      connection.far.resetAndDestroy();
    }
  }

  /** Replies are thrown away, and the server is not told. */
  deafen(role: Role): void {
    for (const connection of this.#of(role)) connection.isDeaf = true;
  }

  /** What Redis sends is not read any more, until the function that this returns is called. */
  stall(role: Role): () => void {
    const stalled = this.#of(role);
    for (const { far } of stalled) far.pause();
    return () => {
      for (const { far } of stalled) far.resume();
    };
  }

  /** The next reply to a script is lost, with its connection. Resolves when that has happened. */
  async loseReply(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onLost = resolve;
    });
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const connection of this.#connections) end(connection);
    await once(this.#server, 'close');
  }

  #of(role: Role): Connection[] {
    const found = [...this.#connections].filter((connection) => connection.role === role);
    if (found.length === 0) throw new Error(`no connection for ${role}`);
    return found;
  }

  #open(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1');
    const connection: Connection = {
      near,
      far,
      role: 'commands',
      isSilent: false,
      isDeaf: false,
      isScriptSent: false,
    };
    this.#connections.add(connection);
    far.on('error', () => {});
    near.on('error', () => {});
    far.on('close', () => {
      if (!connection.isSilent) near.destroy();
    });
    near.on('close', () => {
      far.destroy();
      this.#connections.delete(connection);
    });
    near.on('data', (data) => this.#pass(connection, data));
    far.on('data', (data) => this.#passBack(connection, data));
  }

  #pass(connection: Connection, data: Buffer): void {
    if (connection.isSilent) return;
    if (/\r\nsubscribe\r\n/i.test(data.toString('latin1'))) connection.role = 'subscriber';
    if (/\r\nevalsha\r\n/i.test(data.toString('latin1'))) connection.isScriptSent = true;
    connection.far.write(data);
  }

  #passBack(connection: Connection, data: Buffer): void {
    if (connection.isSilent || connection.isDeaf) return;
    if (connection.isScriptSent && this.#onLost) {
      this.#onLost();
      this.#onLost = undefined;
      return end(connection);
    }
    connection.isScriptSent = false;
    connection.near.write(data);
  }
}

function end({ near, far }: Connection): void {
  near.destroy();
  far.destroy();
}
