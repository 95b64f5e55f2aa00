import { Buffer } from 'node:buffer';
import * as ws from 'ws';

type Raw = Record<string, string | number | true>;

/** The permessage-deflate of `ws`, an independent peer on zlib's streams; its types leave it out. */
export interface WsDeflate {
  offer(): Raw;
  accept(configurations: Record<string, (string | true)[]>[]): Record<string, number | true | undefined>;
  compress(data: Buffer, fin: boolean, callback: (error: Error | null, result: Buffer) => void): void;
  decompress(data: Buffer, fin: boolean, callback: (error: Error | null, result: Buffer) => void): void;
  cleanup(): void;
}

interface WsInternals {
  PerMessageDeflate: new (options: object) => WsDeflate;
  extension: {
    parse(header: string): Record<string, Record<string, (string | true)[]>[]>;
    format(extensions: Record<string, Raw | Raw[]>): string;
  };
}

export const { PerMessageDeflate: WsPerMessageDeflate, extension: wsExtension } = ws as unknown as WsInternals;

export function wsCompress(peer: WsDeflate, data: Buffer, fin = true): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The result is a view of a buffer that the next call goes on to fill.
    peer.compress(data, fin, (error, result) => (error ? reject(error) : resolve(Buffer.from(result))));
  });
}

export function wsDecompress(peer: WsDeflate, data: Buffer, fin = true): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    peer.decompress(data, fin, (error, result) => (error ? reject(error) : resolve(Buffer.from(result))));
  });
}
