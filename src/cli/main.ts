#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { runChat } from './chat-command.ts';
import { runConnect } from './connect-command.ts';
import { runEcho } from './echo-command.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: halyard <command> [options]

Commands:
  chat            serve the chat
  echo            serve a WebSocket that sends back what it gets
  connect <url>   connect to a WebSocket: lines in, messages out

halyard <command> --help tells more, halyard --version which version this is.
`;

const COMMANDS: ReadonlyMap<string, (args: readonly string[]) => Promise<void>> = new Map([
  ['chat', runChat],
  ['echo', runEcho],
  ['connect', runConnect],
]);

async function main([name = '--help', ...args]: readonly string[]): Promise<void> {
  if (name === '--help' || name === '-h') return void process.stdout.write(USAGE);
  if (name === '--version' || name === '-v') return void process.stdout.write(`${version()}\n`);
  if (name === 'help') return main(args[0] === undefined ? [] : [args[0], '--help']);
  const run = COMMANDS.get(name);
  if (!run) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
  await run(args);
}

function version(): string {
  const { version: found } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return found;
}

/** What to read about a command line that is wrong: of a command that there is, its own options. */
function advice(name = ''): string {
  return COMMANDS.has(name) ? `halyard ${name} --help tells what it takes.\n` : USAGE;
}

const args = process.argv.slice(2);
main(args).catch((error: unknown) => {
  const isUsage = error instanceof UsageError;
  process.stderr.write(
    `halyard: ${error instanceof Error ? error.message : String(error)}\n${isUsage ? `\n${advice(args[0])}` : ''}`,
  );
  process.exitCode = isUsage ? 2 : 1;
  // The line to the primary would keep a worker alive that has nothing left to do.
  if (process.connected) process.disconnect();
});
