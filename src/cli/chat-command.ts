import cluster from 'node:cluster';
import { CHAT_HELP, parseChatSettings } from './chat-options.ts';
import { runPrimary } from './chat-primary.ts';
import { connectShared, type Shared } from './chat-shared.ts';
import { serveChat } from './chat-process.ts';
import { urlOf } from './options.ts';
import { untilSignal } from './until-signal.ts';
import { untilTold } from './worker-messages.ts';

/** `halyard chat`: runs until SIGTERM or SIGINT. */
export async function runChat(args: readonly string[]): Promise<void> {
  const settings = parseChatSettings(args, process.env);
  if (!settings) {
    process.stdout.write(CHAT_HELP);
    return;
  }
  if (settings.workers > 1 && cluster.isPrimary) return runPrimary(settings);

  const shared: Shared = await connectShared(settings);
  const chat = await serveChat(settings, shared).catch(async (error: unknown) => {
    // Its connections to Redis would keep the process.
    await shared.close();
    throw error;
  });
  if (cluster.isWorker) {
    await untilTold();
  } else {
    process.stdout.write(`The chat is at ${urlOf('http', settings.host, chat.port)}\n`);
    const signal = await untilSignal();
    process.stdout.write(`${signal}: closing ${chat.connections} connections\n`);
  }
  await chat.stop();
  await shared.close();
  if (cluster.isWorker) process.disconnect();
}
