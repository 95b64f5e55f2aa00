/**
 * A program in the documentation that a test runs for real. It is marked, by an HTML comment on the line before a fenced
 * block of Markdown, or by the first line of a file, as `runs <group>` or `runs <group>: prints "<text>"`:
 *
 *     <!-- runs echo -->
 *     <!-- runs echo: prints "hello" -->
 *     // runs echo: prints "hello"
 *
 * The programs of a group run at the same time, each as an ES module. One without `prints` is a server: it is started
 * first, and listens on 8080 (the test replaces each 8080 of the group by a free port). One with `prints` must
 * print that text, as part of a line, within ten seconds.
 */
export interface Example {
  readonly group: string;
  /** What it must print; undefined for a server. */
  readonly prints: string | undefined;
  readonly extension: 'js' | 'ts';
  readonly source: string;
}

const MARK = /^(?:<!-- |\/\/ )runs ([\w-]+)(?:: prints "(.+)")?(?: -->)?$/;
const BLOCK = /^(<!-- runs .*-->)\n+```(\w+)\n([\s\S]*?)^```$/gm;
const EXTENSIONS = new Map([
  ['js', 'js'],
  ['javascript', 'js'],
  ['ts', 'ts'],
  ['typescript', 'ts'],
] as const);

function makeExample(mark: string, language: string, source: string): Example {
  const [, group, prints] = MARK.exec(mark) ?? [];
  const extension = EXTENSIONS.get(language as 'js');
  if (group === undefined || extension === undefined) throw new Error(`cannot run "${mark}" with ${language}`);
  return { group, prints, extension, source };
}

/** The marked blocks of a Markdown text. Throws where a mark has no block behind it, or says what nobody understands. */
export function examplesInMarkdown(text: string): Example[] {
  const found = [...text.matchAll(BLOCK)].map(([, mark = '', language = '', source = '']) =>
    makeExample(mark, language, source),
  );
  const marks = text.match(/^<!-- runs\b/gm)?.length ?? 0;
  if (marks !== found.length) throw new Error(`${marks} marks, but ${found.length} blocks of code behind them`);
  return found;
}

/** A file of `examples/`; throws if its first line is no mark. */
export function exampleInFile(name: string, text: string): Example {
  const [mark = ''] = text.split('\n', 1);
  return makeExample(mark, name.slice(name.lastIndexOf('.') + 1), text);
}

/** The examples by group; throws where a group has nothing to wait for. */
export function byGroup(examples: readonly Example[]): Map<string, Example[]> {
  const groups = new Map<string, Example[]>();
  for (const example of examples) {
    const group = groups.get(example.group);
    if (group) group.push(example);
    else groups.set(example.group, [example]);
  }
  for (const [name, members] of groups) {
    if (!members.some(({ prints }) => prints)) throw new Error(`nothing in the group ${name} prints anything`);
  }
  return groups;
}
