/**
 * Whether this machine has the lowest byte of a number first: words put together from bytes, a masking key from its
 * octets, and UTF-16 are what they should be then. Where it has not, nothing is done by words.
 */
export const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
