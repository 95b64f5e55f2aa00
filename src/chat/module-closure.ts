import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const IMPORT = /^\s*(?:import|export)\b[^'"]*['"](\.[^'"]+)['"]/gm;

/** The paths of a built module and of all modules next to it that it imports, directly or not. */
export function moduleClosure(entry: string): string[] {
  const found = new Set<string>([entry]);
  for (const path of found) {
    for (const [, specifier = ''] of readFileSync(path, 'utf8').matchAll(IMPORT)) {
      const imported = join(dirname(path), specifier);
      if (dirname(imported) === dirname(entry)) found.add(imported);
    }
  }
  return [...found];
}
