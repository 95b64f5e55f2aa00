import type { EventEmitter } from 'node:events';
import { Duplex, type DuplexOptions } from 'node:stream';
import { ReadyState } from './ready-state.ts';
import { textOf } from './text-of.ts';

/** What a stream asks of a WebSocket: ours, or any that looks like it. */
export interface StreamableWebSocket extends EventEmitter {
  readonly readyState: number;
  readonly isPaused: boolean;
  readonly _socket: Duplex | null;
  send(data: unknown, callback: (error?: Error | null) => void): unknown;
  close(): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}

type Callback = (error?: Error | null) => void;

/**
 * A WebSocket as a Duplex: what is written goes out as binary messages, what arrives is read as chunks; with
 * `readableObjectMode` as whole messages, text as strings. Backpressure works both ways. Ending it closes the
 * WebSocket, destroying it terminates it.
 */
class WebSocketStream extends Duplex {
  readonly #ws: StreamableWebSocket;
  #terminateOnDestroy = true;

  constructor(ws: StreamableWebSocket, options?: DuplexOptions) {
    super({ ...options, autoDestroy: false, emitClose: false, objectMode: false, writableObjectMode: false });
    this.#ws = ws;
    ws.on('message', (data: unknown, isBinary: boolean) => {
      if (!this.push(!isBinary && this.readableObjectMode ? textOf(data) : data)) ws.pause();
    });
    ws.once('error', (error: Error) => this.#fail(error));
    ws.once('close', () => {
      if (!this.destroyed) this.push(null);
    });
    this.on('end', this.#destroyWhenFinished);
    this.on('error', this.#onError);
  }

  override _read(): void {
    if (this.#ws.isPaused) this.#ws.resume();
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: Callback): void {
    this.#whenOpen(() => this.#ws.send(chunk, callback));
  }

  override _final(callback: Callback): void {
    this.#whenOpen(() => {
      const transport = this.#ws._socket;
      // Never opened: the handshake has failed, and its 'error' destroys this stream.
      if (transport === null) return;
      if (transport.writableFinished) {
        callback();
        if (this.readableEnded) this.destroy();
        return;
      }
      // This stream ends for its reader with the WebSocket's 'close', which follows.
      transport.once('finish', () => callback());
      this.#ws.close();
    });
  }

  override _destroy(error: Error | null, callback: Callback): void {
    const ws = this.#ws;
    const emitClose = (): void => void this.emit('close');
    if (ws.readyState === ReadyState.CLOSED) {
      callback(error);
      process.nextTick(emitClose);
      return;
    }
    let called = false;
    ws.once('error', (late: Error) => {
      called = true;
      callback(late);
    });
    ws.once('close', () => {
      if (!called) callback(error);
      process.nextTick(emitClose);
    });
    if (this.#terminateOnDestroy) ws.terminate();
  }

  #whenOpen(act: () => void): void {
    if (this.#ws.readyState === ReadyState.CONNECTING) this.#ws.once('open', act);
    else act();
  }

  /** The WebSocket closes by itself after an error: terminating it here would cut off its Close. */
  #fail(error: Error): void {
    if (this.destroyed) return;
    this.#terminateOnDestroy = false;
    this.destroy(error);
  }

  #destroyWhenFinished = (): void => {
    this.removeListener('end', this.#destroyWhenFinished);
    if (!this.destroyed && this.writableFinished) this.destroy();
  };

  /** An error that nobody else listens to is thrown, as with every stream. */
  #onError = (error: Error): void => {
    this.removeListener('error', this.#onError);
    this.destroy();
    if (this.listenerCount('error') === 0) this.emit('error', error);
  };
}

/** Makes a Duplex of a WebSocket; the options are those of `stream.Duplex`. */
export function createWebSocketStream(ws: StreamableWebSocket, options?: DuplexOptions): Duplex {
  return new WebSocketStream(ws, options);
}
