// @ts-check
import { el } from './dom.js';

const CANDIDATE = /(?:https?:\/\/|mailto:)[^\s<>"]+/giu;
const SCHEMES = new Set(['http:', 'https:', 'mailto:']);

/**
 * @typedef {{ text: string, href?: string }} Segment
 */

/**
 * Cuts a text into plain pieces and links. Together the pieces are the text.
 *
 * @param {string} text
 * @returns {Segment[]}
 */
export function segments(text) {
  /** @type {Segment[]} */
  const found = [];
  let rest = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const shown = withoutTrail(match[0]);
    const href = safeHref(shown);
    if (href === undefined) continue;
    if (match.index > rest) found.push({ text: text.slice(rest, match.index) });
    found.push({ text: shown, href });
    rest = match.index + shown.length;
  }
  if (rest < text.length) found.push({ text: text.slice(rest) });
  return found;
}

/**
 * The nodes that show a text: text nodes, and links to the schemes of the list, nothing else.
 *
 * @param {string} text
 * @returns {Node[]}
 */
export function textNodes(text) {
  return segments(text).map((piece) =>
    piece.href === undefined
      ? document.createTextNode(piece.text)
      : el('a', { href: piece.href, rel: 'noopener noreferrer', target: '_blank' }, piece.text),
  );
}

/**
 * An address that would show one host and lead to another (`https://bank@evil.example`) stays text.
 *
 * @param {string} candidate
 */
function safeHref(candidate) {
  if (!URL.canParse(candidate)) return undefined;
  const { protocol, username, password, href } = new URL(candidate);
  return SCHEMES.has(protocol) && !username && !password ? href : undefined;
}

/**
 * The sentence's own punctuation is not the address's: `(see https://a.example/b).`
 *
 * @param {string} candidate
 */
function withoutTrail(candidate) {
  let open = candidate.split('(').length - candidate.split(')').length;
  let end = candidate.length;
  for (; end > 0; end--) {
    const last = candidate[end - 1] ?? '';
    if (last === ')' && open < 0) open++;
    else if (!".,;:!?'*_]}".includes(last)) break;
  }
  return candidate.slice(0, end);
}
