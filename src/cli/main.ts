#!/usr/bin/env node
import { runChat } from './chat-command.ts';
import { runConnect } from './connect-command.ts';
import { runEcho } from './echo-command.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage: halyard <command> [options]

Commands:
  chat            serve the chat
  echo            serve a WebSocket that sends back what it gets
  connect <url>   connect to a WebSocket: lines in, messages out

halyard <command> --help tells more.
`;

const COMMANDS: ReadonlyMap<string, (args: readonly string[]) => Promise<void>> = new Map([
  ['chat', runChat],
  ['echo', runEcho],
  ['connect', runConnect],
]);

async function main([name = '--help', ...args]: readonly string[]): Promise<void> {
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const run = COMMANDS.get(name);
  if (!run) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
  await run(args);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isUsage = error instanceof UsageError;
  process.stderr.write(
    `halyard: ${error instanceof Error ? error.message : String(error)}\n${isUsage ? `\n${USAGE}` : ''}`,
  );
  process.exitCode = isUsage ? 2 : 1;
  // The line to the primary would keep a worker alive that has nothing left to do.
  if (process.connected) process.disconnect();
});
