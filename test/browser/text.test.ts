import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { letterOf } from '../../public/flags.js';
import { segments } from '../../public/links.js';
import { lengthOf, nameProblem, roomProblem } from '../../public/rules.js';
import { dayName, dayOf } from '../../public/times.js';
import { checkName, isRoom } from '../../src/chat/names.ts';
import { bestTime } from '../support/best-time.ts';
import { runs } from '../support/runs.ts';

const links = (text: string): string[] => segments(text).flatMap(({ text: shown, href }) => (href ? [shown] : []));

describe('links', () => {
  it.each([
    ['see https://example.org/a, please', ['https://example.org/a']],
    ['(http://example.org/a_(b))', ['http://example.org/a_(b)']],
    ['“https://example.org/”?!', ['https://example.org/”']],
    ['HTTPS://EXAMPLE.ORG/x.', ['HTTPS://EXAMPLE.ORG/x']],
    ['mailto:ann@example.org', ['mailto:ann@example.org']],
    ['javascript:alert(1) data:text/html,x vbscript:x file:///etc', []],
    ['java\nscript:alert(1) ftp://example.org', []],
    ['https://bank.example@evil.example/', []],
    ['https:// http://', []],
    ['<https://example.org/><b>', ['https://example.org/']],
    ['https://a.example/ and https://b.example/', ['https://a.example/', 'https://b.example/']],
  ])('of %j', (text, expected) => expect(links(text)).toEqual(expected));

  it('together with the text between them are the text, and lead nowhere but the web and the mail', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.constantFrom('javascript:', 'https://', 'mailto:', '@', ')', '(', '"', '<', '\u202e', ' '),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const found = segments(text);
        expect(found.map((segment) => segment.text).join('')).toBe(text);
        for (const { href } of found) if (href !== undefined) expect(href).toMatch(/^(https?:\/\/|mailto:)/);
      }),
      runs(500, 200_000),
    );
  });

  it('are found in linear time', () => {
    const hostile = `https://example.org/${'('.repeat(2_000)}${')'.repeat(2_000)}${'.'.repeat(2_000)}`;
    expect(bestTime(() => segments(hostile))).toBeLessThan(100);
  });
});

describe('the rules at the fields', () => {
  it('are those of the server', () => {
    const unit = fc.constantFrom(
      'a',
      'Z',
      '0',
      '-',
      '_',
      ' ',
      '#',
      'é',
      '🙂',
      '\u200d',
      '\u202e',
      '\ufe0f',
      '\u2800',
      '\u0007',
      '\u00a0',
      'ж',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 70 }), (text) => {
        expect(roomProblem(text) === '').toBe(isRoom(text));
        const name = text.trim();
        expect(nameProblem(name) === '', JSON.stringify(name)).toBe(isAccepted(name));
      }),
      runs(2_000, 100_000),
    );
  });

  it('count code points after NFC', () => {
    expect(lengthOf('🙂e\u0301')).toBe(2);
  });
});

function isAccepted(name: string): boolean {
  try {
    checkName(name);
    return true;
  } catch {
    return false;
  }
}

const at = (year: number, month: number, day: number, hour: number): number =>
  new Date(year, month - 1, day, hour).getTime();

describe('days', () => {
  const now = at(2026, 3, 30, 1);

  it.each([
    ['Today', at(2026, 3, 30, 0)],
    ['Yesterday', at(2026, 3, 29, 23)],
    ['Yesterday', at(2026, 3, 29, 0)],
  ])('%s', (name, time) => expect(dayName(dayOf(time), now)).toBe(name));

  it('further back have a date, with the year where it is another', () => {
    expect(dayName(dayOf(at(2026, 3, 1, 12)), now)).not.toContain('2026');
    expect(dayName(dayOf(at(2025, 3, 1, 12)), now)).toContain('2025');
  });
});

describe('the flag of a name', () => {
  it.each([
    ['ann', 'A'],
    ['Élodie', 'E'],
    ['"Bob"', 'B'],
    ['<b>Carl</b>', 'B'],
  ])('of %s is %s', (name, letter) => expect(letterOf(name)).toBe(letter));

  it('is always the same letter in other scripts', () => {
    expect(letterOf('Игорь')).toMatch(/^[A-Z]$/);
    expect(letterOf('Игорь')).toBe(letterOf('Игорь'));
  });
});
