// @ts-check
// What outlives a reload. Tabs of one browser share the secret, and so are one person; drafts and unsent messages belong
// to their tab. A browser that refuses storage forgets, and everything else works.

/** @param {number} bytes */
export function randomToken(bytes = 16) {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...random))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/**
 * @param {'localStorage' | 'sessionStorage'} storage
 * @param {string} key
 */
function recall(storage, key) {
  try {
    return globalThis[storage].getItem(`halyard.${key}`) ?? '';
  } catch {
    return '';
  }
}

/**
 * @param {'localStorage' | 'sessionStorage'} storage
 * @param {string} key
 * @param {string} value '' to forget
 */
function keep(storage, key, value) {
  try {
    if (value === '') globalThis[storage].removeItem(`halyard.${key}`);
    else globalThis[storage].setItem(`halyard.${key}`, value);
  } catch {
    // Full or forbidden: the page goes on without.
  }
}

let secret = '';

/** Proves to the server, and to nobody else, that this browser is the same person as before. */
export function mySecret() {
  secret ||= recall('localStorage', 'secret');
  if (!/^[A-Za-z0-9_-]{16,128}$/.test(secret)) {
    secret = randomToken();
    keep('localStorage', 'secret', secret);
  }
  return secret;
}

export const lastName = () => recall('sessionStorage', 'name') || recall('localStorage', 'name');

/** @param {string} name */
export function rememberName(name) {
  keep('sessionStorage', 'name', name);
  keep('localStorage', 'name', name);
}

/** The room that this tab was in when it was last reloaded, or ''. */
export const roomOfTab = () => recall('sessionStorage', 'room');

/** @param {string} room */
export const rememberRoom = (room) => keep('sessionStorage', 'room', room);

/** @param {string} room */
export const draftOf = (room) => recall('sessionStorage', `draft.${room}`);

/**
 * @param {string} room
 * @param {string} text
 */
export const rememberDraft = (room, text) => keep('sessionStorage', `draft.${room}`, text);

/**
 * @param {string} room
 * @returns {import('./outbox.js').Unsent[]}
 */
export function unsentOf(room) {
  try {
    const kept = JSON.parse(recall('sessionStorage', `unsent.${room}`) || '[]');
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/**
 * @param {string} room
 * @param {import('./outbox.js').Unsent[]} unsent
 */
export const rememberUnsent = (room, unsent) =>
  keep('sessionStorage', `unsent.${room}`, unsent.length > 0 ? JSON.stringify(unsent) : '');
