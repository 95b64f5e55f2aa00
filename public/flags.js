// @ts-check
// The International Code of Signals, one flag per letter, on a grid of 60 × 60: colour, then path, and so on.
const SWALLOWTAIL_FLY = 'M30 0h30L45 30l15 30H30z';
const LEFT = 'M0 0h30v60H0z';
const RIGHT = 'M30 0h30v60H30z';
const ALL = 'M0 0h60v60H0z';
const INNER = 'M20 20h20v20H20z';
const CROSS = 'M24 0h12v24h24v12H36v24H24V36H0V24h24z';
const SALTIRE = 'M0 0h9l21 21L51 0h9v9L39 30l21 21v9h-9L30 39 9 60H0v-9l21-21L0 9z';
const CHECKS =
  'M0 0h15v15H0zM30 0h15v15H30zM15 15h15v15H15zM45 15h15v15H45zM0 30h15v15H0zM30 30h15v15H30zM15 45h15v15H15zM45 45h15v15H45z';

/** @type {Record<string, string[]>} */
const FLAGS = {
  A: ['white', LEFT, 'blue', SWALLOWTAIL_FLY],
  B: ['red', 'M0 0h60L45 30l15 30H0z'],
  C: ['blue', ALL, 'white', 'M0 12h60v36H0z', 'red', 'M0 24h60v12H0z'],
  D: ['yellow', ALL, 'blue', 'M0 15h60v30H0z'],
  E: ['blue', ALL, 'red', 'M0 30h60v30H0z'],
  F: ['white', ALL, 'red', 'M30 4l26 26-26 26L4 30z'],
  G: ['yellow', ALL, 'blue', 'M10 0h10v60H10zM30 0h10v60H30zM50 0h10v60H50z'],
  H: ['white', LEFT, 'red', RIGHT],
  I: ['yellow', ALL, 'black', 'M30 15a15 15 0 1 1 0 30a15 15 0 1 1 0-30z'],
  J: ['blue', ALL, 'white', 'M0 20h60v20H0z'],
  K: ['yellow', LEFT, 'blue', RIGHT],
  L: ['yellow', ALL, 'black', 'M30 0h30v30H30zM0 30h30v30H0z'],
  M: ['blue', ALL, 'white', SALTIRE],
  N: ['white', ALL, 'blue', CHECKS],
  O: ['yellow', ALL, 'red', 'M0 0h60v60z'],
  P: ['blue', ALL, 'white', INNER],
  Q: ['yellow', ALL],
  R: ['red', ALL, 'yellow', CROSS],
  S: ['white', ALL, 'blue', INNER],
  T: ['red', 'M0 0h20v60H0z', 'white', 'M20 0h20v60H20z', 'blue', 'M40 0h20v60H40z'],
  U: ['white', ALL, 'red', 'M0 0h30v30H0zM30 30h30v30H30z'],
  V: ['white', ALL, 'red', SALTIRE],
  W: ['blue', ALL, 'white', 'M12 12h36v36H12z', 'red', 'M22 22h16v16H22z'],
  X: ['white', ALL, 'blue', CROSS],
  Y: [
    'yellow',
    ALL,
    'red',
    'M0 12L12 0H24L0 24zM0 36L36 0H48L0 48zM0 60L60 0V12L12 60zM24 60L60 24V36L36 60zM48 60L60 48V60z',
  ],
  Z: ['black', 'M0 0l30 30L0 60z', 'yellow', 'M0 0h60L30 30z', 'blue', 'M60 0v60L30 30z', 'red', 'M0 60l30-30 30 30z'],
};

const SVG = 'http://www.w3.org/2000/svg';

/**
 * The signal flag of a letter, as decoration: it says nothing that the name beside it does not.
 *
 * @param {string} letter A to Z
 */
export function flag(letter) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 60 60');
  svg.setAttribute('class', 'flag');
  svg.setAttribute('aria-hidden', 'true');
  const shapes = FLAGS[letter] ?? [];
  for (let at = 0; at < shapes.length; at += 2) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('class', `flag-${shapes[at]}`);
    path.setAttribute('d', shapes[at + 1] ?? '');
    svg.append(path);
  }
  return svg;
}

/**
 * The letter a person flies: the first one of the name, or, for names in other scripts, always the same one.
 *
 * @param {string} name
 */
export function letterOf(name) {
  const latin = name.normalize('NFKD').match(/^[^A-Za-z]?([A-Za-z])/)?.[1];
  if (latin) return latin.toUpperCase();
  let sum = 0;
  for (const character of name) sum += character.codePointAt(0) ?? 0;
  return String.fromCodePoint(65 + (sum % 26));
}
