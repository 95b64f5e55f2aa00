import net from 'node:net';
import type { TcpNetConnectOpts } from 'node:net';
import tls from 'node:tls';
import { askReadMemory, READ_SIZE, viewOfRead } from '../protocol/read-memory.ts';
import { listenerOf } from '../socket/stream-events.ts';

/**
 * The memory that all sockets dialled here are read into, one after the other: what is read is consumed before the
 * next read, and what is not is copied. Not of the pool, so that whoever holds a part of it can be told by its
 * `buffer`. Made with the first connection; when much was read, that of the kernel takes its place.
 */
let shared: Buffer | undefined;

/**
 * `net.connect`, but read without an allocation for each read, by `onread` of node:net. Until the stream carries a
 * WebSocket, and whenever bytes wait in the stream, they are handed on as 'data', in copies.
 */
export function connectTcp(options: net.NetConnectOpts): net.Socket {
  const socket: net.Socket = net.connect({ ...options, onread: onreadFor(() => socket) } as TcpNetConnectOpts);
  return socket;
}

/** `tls.connect`, read in the same way. */
export function connectTls(options: tls.ConnectionOptions): tls.TLSSocket {
  const socket: tls.TLSSocket = tls.connect({ ...options, onread: onreadFor(() => socket) } as tls.ConnectionOptions);
  return socket;
}

function onreadFor(socket: () => net.Socket): net.OnReadOpts {
  return { buffer: sharedMemory, callback: (size, bytes) => take(socket(), lentView(bytes as Buffer, size)) };
}

/** Asked before each read. */
function sharedMemory(): Buffer {
  return (shared ??= Buffer.allocUnsafeSlow(READ_SIZE));
}

function lentView(bytes: Buffer, size: number): Buffer {
  const ofKernel = askReadMemory(size);
  if (ofKernel !== undefined) shared = ofKernel;
  return bytes === ofKernel ? viewOfRead(size) : bytes.subarray(0, size);
}

/** Returns whether to read on, as `push` does. */
function take(socket: net.Socket, bytes: Buffer): boolean {
  const listener = listenerOf(socket);
  if (listener === undefined || socket.readableLength > 0) return socket.push(Buffer.from(bytes));
  listener.receive(bytes, true);
  return true;
}
