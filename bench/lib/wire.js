/**
 * Frames for the load, written apart from the code that is measured. RFC 6455 §5.2.
 */

/** @param {number} length @param {boolean} masked */
function frameHeader(first, length, masked) {
  const mask = masked ? 0x80 : 0;
  if (length < 126) return Buffer.from([first, mask | length]);
  const header = Buffer.alloc(length < 65_536 ? 4 : 10);
  header[0] = first;
  if (length < 65_536) {
    header[1] = mask | 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = mask | 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return header;
}

/**
 * @typedef {{ opcode: number, fin?: boolean, rsv1?: boolean, key?: readonly number[] }} FrameShape
 * `key`: the masking key; without it the frame is a server's
 */

/**
 * @param {Uint8Array} payload
 * @param {FrameShape} shape
 * @returns {Buffer}
 */
export function encodeFrame(payload, { opcode, fin = true, rsv1 = false, key }) {
  const header = frameHeader((fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode, payload.length, key !== undefined);
  if (key === undefined) return Buffer.concat([header, payload]);
  return Buffer.concat([header, Uint8Array.from(key), payload.map((byte, i) => byte ^ key[i % 4])]);
}

/** How many bytes the header of a server's frame takes. @param {number} length of the payload */
export const headerLength = (length) => (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/**
 * Splits a server's stream into frames without looking into them.
 * @param {() => void} onFrame called when a frame is complete
 */
export function frameCounter(onFrame) {
  const header = Buffer.alloc(10);
  let have = 0;
  let skip = 0;
  return (/** @type {Uint8Array} */ bytes, /** @type {number} */ length) => {
    let at = 0;
    while (at < length) {
      if (skip > 0) {
        const step = Math.min(skip, length - at);
        at += step;
        skip -= step;
        if (skip === 0) onFrame();
        continue;
      }
      header[have++] = bytes[at++];
      const short = header[1] & 0x7f;
      if (have < 2 || (short === 126 && have < 4) || (short === 127 && have < 10)) continue;
      skip = short < 126 ? short : short === 126 ? header.readUInt16BE(2) : Number(header.readBigUInt64BE(2));
      have = 0;
      if (skip === 0) onFrame();
    }
  };
}
