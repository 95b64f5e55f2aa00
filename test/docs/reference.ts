import { read } from './pages.ts';

/** The text below a heading, up to the next one that is no deeper. */
export function section(text: string, heading: string): string {
  const level = heading.slice(0, heading.indexOf(' '));
  const start = text.indexOf(`\n${heading}\n`);
  if (start === -1) throw new Error(`no heading "${heading}"`);
  const rest = text.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level.length}} `, 'm'));
  return end === -1 ? rest : rest.slice(0, end);
}

/** The rows of the first table of a section: the names in the first cell, and all cells. */
export function rows(text: string): { names: string[]; cells: string[] }[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith('| -'));
  if (start === -1) throw new Error('no table');
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 1, end).map((line) => {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const names = [...cells[0]!.matchAll(/`'?(\[Symbol\.\w+\]|[\w-]+)[^`]*`/g)].map(([, name]) => name!);
    return { names, cells };
  });
}

/** The names in the first table below headings, each within the one before. */
export function documented(page: string, ...headings: string[]): string[] {
  let text = page;
  for (const heading of headings) text = `\n${section(text, heading)}`;
  return rows(text)
    .flatMap(({ names }) => names)
    .toSorted();
}

/** The members of an interface, or of a union of strings, as its source has them. */
export function declared(path: string, name: string): string[] {
  const source = read(path).replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const [, body] = new RegExp(`interface ${name}\\b[^\n]*{\n([\\s\\S]*?)\n}`).exec(source) ?? [];
  const [, union] = new RegExp(`type ${name} =\n([\\s\\S]*?);\n`).exec(source) ?? [];
  const found =
    body === undefined
      ? [...(union ?? '').matchAll(/'(\w+)'/g)]
      : [...body.matchAll(/^ {2}(?:readonly )?'?([\w-]+)'?\??[:(]/gm)];
  if (found.length === 0) throw new Error(`${path} declares no ${name}`);
  return found.map(([, member]) => member!).toSorted();
}
