// @ts-check
// What the page says when something is not as it should be, by the codes of docs/chat-protocol.md.

/** @type {Record<string, string>} A message waits: it will be sent again without anybody's doing. */
const DELAYED = {
  'rate-limited': 'That was quick! The rest follows in a moment.',
  unavailable: 'The server cannot store messages right now. Yours is kept here and sent again.',
};

/** @type {Record<string, string>} A message will not be sent. */
const FAILED = {
  'too-long': 'It is too long.',
  'bad-text': 'There is nothing in it that can be shown.',
};

/** @type {Record<string, string>} A room was not entered. */
const REFUSED = {
  'name-taken': 'Somebody in this room has this name. Try another one.',
  'bad-name': 'The server does not take this name. Try another one.',
  'bad-room': 'The server does not take this room. Try another one.',
  'already-joined': 'You are in this room under another name.',
};

/** @type {Record<number, string>} A connection ended for good. */
const ENDED = {
  1000: 'The server ended the conversation.',
  1008: 'The server closed the connection: it was too much, too quickly.',
  1009: 'The server closed the connection: a message was too big.',
};

/** @param {string} code */
export const delayed = (code) =>
  DELAYED[code] ?? 'Something went wrong on the server. Your message is kept here and sent again.';

/** @param {string} code */
export const failed = (code) => FAILED[code] ?? `The server refused it (${code}).`;

/** @param {string} code */
export const refused = (code) => REFUSED[code] ?? `The server did not let you in (${code}).`;

/** @param {number} code */
export const ended = (code) => ENDED[code] ?? `The connection was closed (${code}).`;

export const GAP = 'Some messages from around here could not be recovered';
export const FULL = 'Many messages are waiting already. They go out as soon as the connection is back.';
