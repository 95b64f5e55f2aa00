/**
 * Whether this machine has the lowest byte of a number first. Where it has not, nothing is done by words: byte by byte it
 * is right everywhere.
 */
export const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
