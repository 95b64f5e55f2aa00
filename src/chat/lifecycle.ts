/** What is worth a line: nothing of what people say. */
export interface Lifecycle {
  open(id: string, path: string, address: string): void;
  message(id: string, room: string, bytes: number): void;
  close(id: string, code: number, reason: string): void;
}

/** One line for each event, in order; `write` gets it with its newline. */
export function lifecycleLines(write: (line: string) => void): Lifecycle {
  const line = (...words: (string | number)[]): void => write(`${new Date().toISOString()} ${words.join(' ')}\n`);
  return {
    open: (id, path, address) => line('open', id, quote(path), quote(address)),
    message: (id, room, bytes) => line('message', id, quote(room), bytes),
    close: (id, code, reason) => line('close', id, code, quote(reason)),
  };
}

/** A peer's words in one line of plain ASCII: they can neither end the line nor command a terminal. */
export function quote(text: string): string {
  const escaped = text.replace(/[^ -~]|["\\]/gu, (character) =>
    character === '"' || character === '\\' ? `\\${character}` : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return `"${escaped}"`;
}
