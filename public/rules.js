// @ts-check
// The rules of docs/chat-protocol.md that can be told at the field, before the server has to.

export const MAX_TEXT = 4_000;
const MAX_NAME = 32;
const ROOM = /^[A-Za-z0-9_-]{1,64}$/;
/** Joiners and variation selectors: invisible, but scripts and emoji are written with them. */
const WRITTEN = /\u200c|\u200d|\ufe0e|\ufe0f/gu;
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const BLANK = /^[\s\u2800]*$/u;

/** @param {string} text in code points after NFC, as the server counts */
export const lengthOf = (text) => [...text.normalize('NFC')].length;

/** @param {string} room */
export const isRoom = (room) => ROOM.test(room);

/**
 * What is wrong with a room, or ''.
 *
 * @param {string} room
 */
export function roomProblem(room) {
  if (room === '') return 'Which room? “lobby” is a good start.';
  if (room.length > 64) return 'At most 64 characters, please.';
  return isRoom(room) ? '' : 'Letters A to Z, digits, “-” and “_” only, please.';
}

/**
 * What is wrong with a name, or ''.
 *
 * @param {string} name without white space around it
 */
export function nameProblem(name) {
  const seen = name.replace(WRITTEN, '');
  if (BLANK.test(seen)) return 'What shall the others call you?';
  if ([...name].length > MAX_NAME) return `At most ${MAX_NAME} characters, please.`;
  return HIDDEN.test(seen) ? 'This name has characters that nobody can see.' : '';
}
