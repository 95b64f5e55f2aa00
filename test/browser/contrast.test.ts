import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('../../public/style.css', import.meta.url), 'utf8');
const [light = {}, dark = {}] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, block = '']) =>
  Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name!, colour!])),
);

/** WCAG 2.2: relative luminance and contrast ratio. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].toSorted((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

describe.each([
  ['light', light],
  ['dark', dark],
])('the %s colours', (_, colours) => {
  it.each([
    ['ink', 'ground', 4.5],
    ['ink', 'paper', 4.5],
    ['ink', 'sunken', 4.5],
    ['ink', 'warn-ground', 4.5],
    ['soft', 'ground', 4.5],
    ['soft', 'paper', 4.5],
    ['soft', 'sunken', 4.5],
    ['on-accent', 'accent', 4.5],
    ['on-accent-soft', 'accent', 4.5],
    ['warn', 'ground', 4.5],
    ['bad', 'ground', 4.5],
    ['bad', 'paper', 4.5],
    ['edge', 'paper', 3],
    ['edge', 'ground', 3],
    ['good', 'paper', 3],
    ['warn', 'paper', 3],
  ])('%s on %s differ by %d', (text, ground, ratio) => {
    expect(contrast(colours[text]!, colours[ground]!)).toBeGreaterThanOrEqual(ratio);
  });
});
