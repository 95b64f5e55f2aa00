import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A file of the project. */
export const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');

/** The blocks of a language in a page. */
export function blocks(page: string, language: string): string[] {
  return [...page.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text);
}

/** The lines that are indented below a line of YAML, without that indentation. */
export function below(yaml: string, line: string): string {
  const lines = yaml.split('\n');
  const start = lines.findIndex((one) => one.trim() === line);
  const indent = /^ */.exec(lines[start] ?? '')?.[0].length ?? 0;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((one) => one !== '' && (/^ */.exec(one)?.[0].length ?? 0) <= indent);
  return rest.slice(0, end === -1 ? rest.length : end).join('\n');
}
