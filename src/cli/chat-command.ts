import { ChatServer } from '../chat/chat-server.ts';
import { lifecycleLines } from '../chat/lifecycle.ts';
import { MemoryBackplane } from '../pubsub/memory-backplane.ts';
import { MemoryLog } from '../pubsub/memory-log.ts';
import { parseOptions, parseOrigins, parsePort, urlOf } from './options.ts';
import { untilSignal } from './until-signal.ts';

const HELP = `Usage: halyard chat [options]

Serves the chat: the page at /, its WebSocket at /chat.

  -p, --port <number>   where to listen (PORT, default 8080; 0: any free port)
      --host <address>  on which address (HOST, default: all)
      --origins <list>  whose pages may connect, like https://app.example,https://www.example
                        (ORIGINS, default: pages of the same host)
  -q, --quiet           no line for connections and messages
  -h, --help
`;

/** `halyard chat`: runs until SIGTERM or SIGINT. */
export async function runChat(args: readonly string[]): Promise<void> {
  const { values } = parseOptions({
    args: [...args],
    options: {
      port: { type: 'string', short: 'p' },
      host: { type: 'string' },
      origins: { type: 'string' },
      quiet: { type: 'boolean', short: 'q' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const port = parsePort(values.port ?? (process.env['PORT'] || '8080'));
  const host = (values.host ?? process.env['HOST']) || undefined;
  const origins = parseOrigins(values.origins ?? process.env['ORIGINS']);

  const backplane = new MemoryBackplane();
  const log = new MemoryLog({ backplane });
  const chat = new ChatServer({
    backplane,
    log,
    ...(origins && { origins }),
    ...(!values.quiet && { lifecycle: lifecycleLines((line) => process.stdout.write(line)) }),
    onError: (error) => console.error(error),
  });
  await chat.listen(port, host);
  process.stdout.write(`The chat is at ${urlOf('http', host, chat.port)}\n`);

  const signal = await untilSignal();
  process.stdout.write(`${signal}: closing ${chat.connections} connections\n`);
  await chat.stop();
  await log.close();
  await backplane.close();
}
