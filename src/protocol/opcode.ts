/** What a frame carries. RFC 6455 §5.2, §11.8. Bit 3 marks the control frames. */
export const Opcode = { Continuation: 0x0, Text: 0x1, Binary: 0x2, Close: 0x8, Ping: 0x9, Pong: 0xa } as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/** The first bit of a frame: this is the last frame of its message. */
export const FIN = 0x80;

/** The bit that permessage-deflate claims: this message is compressed. RFC 7692 §6. */
export const RSV1 = 0x40;

/** The first bit of the second byte: the payload is masked. §5.3. */
export const MASK = 0x80;

/** No control frame carries more bytes than this. §5.5. */
export const MAX_CONTROL_PAYLOAD = 125;
