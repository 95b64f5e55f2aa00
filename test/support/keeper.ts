import type { Role } from '../../src/protocol/role.ts';
import { Recorder } from './wire.ts';

/** Takes text as strings when it is told to; what it gets is kept as it came, and looked at later. */
export class Keeper extends Recorder {
  readonly kept: { data: Buffer | string; isBinary: boolean }[] = [];
  readonly #wants: () => boolean;

  constructor(role: Role, wants: () => boolean = () => false) {
    super(role);
    this.#wants = wants;
  }

  wantsString(): boolean {
    return this.#wants();
  }

  text(text: string, size: number): void {
    if (Buffer.byteLength(text) !== size) throw new Error('told a wrong size');
    this.kept.push({ data: text, isBinary: false });
  }

  override message(bytes: Buffer, start: number, end: number, isBinary: boolean): void {
    this.kept.push({ data: this.connection.reader.keep(bytes, start, end), isBinary });
  }

  override ping(payload: Buffer): void {
    this.kept.push({ data: payload, isBinary: true });
  }

  get told(): string[] {
    return this.kept.map(({ data, isBinary }) => `${isBinary} ${data.toString()}`);
  }
}
