import { createInterface } from 'node:readline';
import { quote } from '../chat/lifecycle.ts';
import type { ClientOptions } from '../client/options.ts';
import { WebSocketClient } from '../client/websocket-client.ts';
import { parseOptions, parseSeconds } from './options.ts';
import { untilSignal } from './until-signal.ts';
import { UsageError } from './usage-error.ts';

const HELP = `Usage: halyard connect [options] <url>

Connects to a WebSocket. Lines of the standard input are sent as text messages, messages are printed as lines; what is
told besides goes to the standard error. Ends with the input.

  -H, --header <name: value>    a header of the request; may be given more than once
  -s, --subprotocol <name>      a subprotocol to offer; may be given more than once
  -o, --origin <origin>
  -t, --timeout <seconds>       how long connecting may take, 0 for no limit (default 10)
  -w, --wait <seconds>          how long to go on listening after the end of the input (default 1)
  -h, --help
`;

/** `halyard connect <url>`. */
export async function runConnect(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseOptions({
    args: [...args],
    allowPositionals: true,
    options: {
      header: { type: 'string', short: 'H', multiple: true },
      subprotocol: { type: 'string', short: 's', multiple: true },
      origin: { type: 'string', short: 'o' },
      timeout: { type: 'string', short: 't', default: '10' },
      wait: { type: 'string', short: 'w', default: '1' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [url, ...rest] = positionals;
  if (url === undefined || rest.length > 0) throw new UsageError('connect takes one URL');
  const wait = parseSeconds(values.wait);
  const headers = Object.fromEntries((values.header ?? []).map(parseHeader));
  const { origin, subprotocol = [] } = values;
  const handshakeTimeout = parseSeconds(values.timeout);
  const socket = dial(url, subprotocol, { headers, handshakeTimeout, ...(origin !== undefined && { origin }) });
  await talk(socket, wait);
}

/** What cannot be dialled at all is a mistake of the command line. */
function dial(url: string, subprotocols: readonly string[], options: ClientOptions): WebSocketClient {
  try {
    return new WebSocketClient(url, subprotocols, options);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function talk(socket: WebSocketClient, wait: number): Promise<void> {
  let isConnected = false;
  const ended = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code, reason) => {
      if (isConnected) process.stderr.write(`closed: ${code} ${quote(reason.toString())}\n`);
      resolve();
    });
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      // Who reads this has seen enough, as with `| head`; anything else is told.
      if (error.code !== 'EPIPE') reject(error);
      socket.close(1000);
    });
  });
  socket.on('message', (data, isBinary) => {
    process.stdout.write(`${isBinary ? (data as Buffer).toString('hex') : shown(data.toString())}\n`);
  });
  socket.on('open', () => {
    isConnected = true;
    process.stderr.write('connected\n');
    const lines = createInterface({ input: process.stdin });
    lines.on('line', (line) => {
      // No more is read than the other side takes.
      if (!socket.send(line)) process.stdin.pause();
    });
    socket.on('drain', () => process.stdin.resume());
    let ending: NodeJS.Timeout | undefined;
    lines.on('close', () => {
      ending = setTimeout(() => socket.close(1000), wait);
    });
    socket.on('close', () => {
      lines.close();
      clearTimeout(ending);
    });
  });
  void untilSignal().then(() => socket.close(1000));
  await ended;
  process.stdin.unref?.();
}

/** On a terminal, a peer's words must not command it. */
function shown(text: string): string {
  return process.stdout.isTTY ? text.replace(/[^\P{Cc}\t\n]/gu, '\ufffd') : text;
}

function parseHeader(header: string): [string, string] {
  const colon = header.indexOf(':');
  if (colon < 1) throw new UsageError(`no header: ${JSON.stringify(header)}; write it like "Name: value"`);
  return [header.slice(0, colon).trim(), header.slice(colon + 1).trim()];
}
