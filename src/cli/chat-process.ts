import cluster from 'node:cluster';
import { ChatServer } from '../chat/chat-server.ts';
import { lifecycleLines } from '../chat/lifecycle.ts';
import { createMetrics } from '../chat/metrics.ts';
import type { ChatSettings } from './chat-options.ts';
import type { Shared } from './chat-shared.ts';
import { ifInstalled } from './if-installed.ts';
import { askMetrics } from './worker-messages.ts';

/** The chat of one process; resolves when it listens. */
export async function serveChat(settings: ChatSettings, { backplane, log }: Shared): Promise<ChatServer> {
  const { port, host, origins, isQuiet, publishToken, metricsToken } = settings;
  const metrics = await ifInstalled(createMetrics(cluster.isWorker ? { askPrimary: askMetrics } : {}));
  const chat = new ChatServer({
    backplane,
    log,
    ...(cluster.worker && { name: String(cluster.worker.id) }),
    ...(origins && { origins }),
    ...(publishToken !== undefined && { publishToken }),
    ...(metricsToken !== undefined && { metricsToken }),
    ...(metrics && { metrics }),
    ...(!isQuiet && { lifecycle: lifecycleLines((line) => process.stdout.write(line)) }),
    onError: (error) => console.error(error),
  });
  await chat.listen(port, host);
  return chat;
}
