import { Connection, type ConnectionHandler, type ConnectionOptions } from '../../src/protocol/connection.ts';
import { applyMaskPlain } from '../../src/protocol/mask.ts';
import { FrameWriter, type FrameWriterOptions } from '../../src/protocol/frame-writer.ts';
import type { Role } from '../../src/protocol/role.ts';

/** Bytes from hex with spaces. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
}

/** What a connection did, in order: one line for each effect. */
export type Effect =
  | { kind: 'message'; data: Buffer; isBinary: boolean }
  | { kind: 'ping' | 'pong'; data: Buffer }
  | { kind: 'closing'; code: number; reason: string }
  | { kind: 'error'; closeCode: number; code: string }
  | { kind: 'end' };

/** A connection whose effects and bytes are recorded. */
export class Recorder implements ConnectionHandler {
  readonly effects: Effect[] = [];
  readonly connection: Connection;
  readonly outbox: FrameWriter;
  onMessage: (() => void) | undefined;

  constructor(role: Role, options: ConnectionOptions & FrameWriterOptions = {}) {
    this.outbox = new FrameWriter(role, options);
    this.connection = new Connection(this.outbox, this, options);
  }

  /** Everything sent since the last call. */
  sent(): Buffer {
    const bytes = Buffer.concat(this.outbox.take());
    this.outbox.recycle();
    return bytes;
  }

  /** Gives the connection a copy of the bytes, cut at the given offsets. */
  receive(bytes: Buffer, cuts: readonly number[] = []): this {
    let from = 0;
    for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
      if (cut > from || bytes.length === 0) this.connection.reader.receive(Buffer.from(bytes.subarray(from, cut)));
      from = Math.max(from, cut);
    }
    return this;
  }

  get messages(): { data: Buffer; isBinary: boolean }[] {
    return this.effects.filter((effect) => effect.kind === 'message');
  }

  get errors(): { closeCode: number; code: string }[] {
    return this.effects.filter((effect) => effect.kind === 'error');
  }

  message(bytes: Buffer, start: number, end: number, isBinary: boolean, isAscii: boolean): void {
    const data = Buffer.from(bytes.subarray(start, end));
    if (isAscii && data.some((byte) => byte >= 0x80)) throw new Error('told ASCII that is not');
    this.effects.push({ kind: 'message', data, isBinary });
    this.onMessage?.();
  }

  ping(payload: Buffer): void {
    this.effects.push({ kind: 'ping', data: Buffer.from(payload) });
  }

  pong(payload: Buffer): void {
    this.effects.push({ kind: 'pong', data: Buffer.from(payload) });
  }

  closing({ code, reason }: { code: number; reason: Buffer }): void {
    this.effects.push({ kind: 'closing', code, reason: reason.toString() });
  }

  error({ closeCode, code }: { closeCode: number; code: string }): void {
    this.effects.push({ kind: 'error', closeCode, code });
  }

  inflated(): void {
    this.connection.reader.resume();
  }

  end(): void {
    this.effects.push({ kind: 'end' });
  }
}

export interface FrameSpec {
  readonly fin?: boolean;
  readonly rsv?: number;
  readonly opcode: number;
  readonly payload?: Uint8Array;
  readonly mask?: boolean;
}

/** Writes a frame by the drawing in RFC 6455 §5.2, apart from the encoder that is tested. */
export function frame({ fin = true, rsv = 0, opcode, payload = new Uint8Array(), mask = false }: FrameSpec): Buffer {
  const { length } = payload;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const bit = mask ? 0x80 : 0;
  if (length < 126) head.push(bit | length);
  else if (length < 65536) head.push(bit | 126, length >> 8, length & 0xff);
  else {
    const long = Buffer.alloc(8);
    long.writeBigUInt64BE(BigInt(length));
    head.push(bit | 127, ...long);
  }
  const body = Buffer.from(payload);
  if (mask) {
    head.push(0x37, 0xfa, 0x21, 0x3d);
    applyMaskPlain(body, 0, length, 0x3d21fa37);
  }
  return Buffer.concat([Buffer.from(head), body]);
}
