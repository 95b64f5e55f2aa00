import { EventEmitter } from 'node:events';
import type { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import type { Subscriber } from '../../src/pubsub/subscriber.ts';

/** A subscriber that writes down what it gets; one that does not read keeps it all buffered. */
export class Recorder extends EventEmitter implements Subscriber {
  readonly messages: PreparedMessage[] = [];
  readonly closes: number[] = [];
  bufferedAmount = 0;
  reads = true;

  get texts(): string[] {
    return this.messages.map(({ data }) => data.toString());
  }

  send(message: PreparedMessage): void {
    this.messages.push(message);
    if (!this.reads) this.bufferedAmount += message.data.length;
  }

  close(code: number): void {
    this.closes.push(code);
  }
}
