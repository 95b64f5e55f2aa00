/** What an import line of a TypeScript file says. */
export interface Import {
  /** As written: `./frame.ts`, `node:zlib`, `ioredis`. */
  readonly specifier: string;
  /** Evaluated with the file: not erased as a type, not postponed as `import()`. */
  readonly eager: boolean;
}

/** Stands for an `import()` or `require()` whose argument is not a plain string. */
export const UNREADABLE = '(computed)';

/** `import … from 'x'`, `import 'x'`, `export … from 'x'`; prettier puts each of them at the start of a line. */
const STATIC = /^(?:import|export)\s+(type\s+)?(?:(?:[\w$*]|\{[^}]*\})[^'"`;()=]*?\bfrom\s*)?(['"])([^'"\n]+)\2/gm;
/** `import('x')`, also as a type (`typeof import('x')`), `require('x')` and `import.meta.resolve('x')`. */
const CALL =
  /(?<![.\w$])(typeof\s+)?(?:import|require|import\.meta\.resolve)\s*\(\s*(?:(['"`])([^'"`$\n]+)\2\s*[,)])?/g;

/** The imports of a source text: static, type-only, re-exports, dynamic. Comments that stand on their own are skipped. */
export function importsOf(source: string): Import[] {
  const code = source.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '');
  const found: Import[] = [];
  for (const [, type, , specifier] of code.matchAll(STATIC)) {
    if (specifier) found.push({ specifier, eager: type === undefined });
  }
  for (const [, , , specifier] of code.matchAll(CALL)) {
    found.push({ specifier: specifier ?? UNREADABLE, eager: false });
  }
  return found;
}
