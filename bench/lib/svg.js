/** Colours of the variants, the same in all plots; readable on white and on black. */
const COLOURS = {
  halyard: '#0a7d5a',
  'halyard, plain loop': '#66b59a',
  'halyard hub': '#2f9478',
  'halyard hub with log': '#49a78d',
  'halyard without log': '#66b59a',
  ws: '#c0392b',
  'ws + bufferutil': '#e08e79',
  websocket: '#8e6bbf',
  'faye-websocket': '#b08d57',
  bun: '#c2609a',
  undici: '#4a78c0',
};

/** @param {string} variant */
export const colour = (variant) => COLOURS[variant] ?? '#808a94';

const escape = (/** @type {string} */ text) =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c);

/** @param {number} x @param {number} y @param {string} content @param {string} [more] attributes */
export const text = (x, y, content, more = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escape(content)}</text>`;

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
export const rule = (x1, y1, x2, y2) =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" class="rule"/>`;

/**
 * A whole picture on a ground of its own, so that it is readable wherever it is shown.
 * @param {{ width: number, height: number, title: string }} size
 * @param {readonly string[]} parts
 */
export const picture = ({ width, height, title }, parts) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escape(title)}</title>
<style>text{font:12px system-ui,sans-serif;fill:#1c2530}.title{font-weight:600;font-size:14px}.dim{fill:#5b6773}.rule{stroke:#d4dae0;stroke-width:1}</style>
<rect width="${width}" height="${height}" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
