import { Buffer } from 'node:buffer';

export const SLOTS = 16_384;

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});

/** The slot of a key in a Redis Cluster: CRC-16 (XMODEM) of what is between the first braces, if there is something. */
export function slotOf(key: string): number {
  const open = key.indexOf('{');
  const close = open === -1 ? -1 : key.indexOf('}', open + 1);
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of Buffer.from(hashed)) crc = ((crc << 8) & 0xffff) ^ (TABLE[((crc >> 8) ^ byte) & 0xff] as number);
  return crc % SLOTS;
}

/** `host:port` of the primary of each slot. `asked` is the host that answered: a node may not know its own. */
export function parseSlots(reply: unknown, asked: string): string[] {
  const owners: string[] = [];
  for (const range of reply as [number, number, [string | null, number]][]) {
    const [first, last, [host, port]] = range;
    for (let slot = first; slot <= last; slot++) owners[slot] = `${host || asked}:${port}`;
  }
  return owners;
}
