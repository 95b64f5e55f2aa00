import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** A line to a server that can be cut, and that can go dead without being cut. */
export class Line {
  readonly #server = createServer((client) => this.#open(client));
  readonly #target: number;
  readonly #pairs = new Set<Pair>();
  /** What arrives from the server is thrown away: the connections look alive and hear nothing. */
  isDeaf = false;
  /** What is sent is thrown away. */
  isMute = false;
  /** Cuts each connection when the next reply comes, instead of passing it on. */
  repliesToLose = 0;

  private constructor(target: number) {
    this.#target = target;
  }

  static async to(target: number): Promise<Line> {
    const line = new Line(target);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** All connections end. */
  cut(): void {
    for (const pair of this.#pairs) end(pair);
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #open(client: Socket): void {
    const pair: Pair = { client, server: connect(this.#target, '127.0.0.1') };
    this.#pairs.add(pair);
    for (const socket of [pair.client, pair.server]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        end(pair);
        this.#pairs.delete(pair);
      });
    }
    // TCP never passes on what follows bytes that were lost: a connection that has lost some is dead for good.
    let isMute = false;
    let isDeaf = false;
    pair.client.on('data', (data) => {
      isMute ||= this.isMute;
      if (!isMute) pair.server.write(data);
    });
    pair.server.on('data', (data) => {
      if (this.repliesToLose > 0) {
        this.repliesToLose--;
        end(pair);
        return;
      }
      isDeaf ||= this.isDeaf;
      if (!isDeaf) pair.client.write(data);
    });
  }
}

function end({ client, server }: Pair): void {
  client.destroy();
  server.destroy();
}
