import cluster from 'node:cluster';
import { ChatServer } from '../chat/chat-server.ts';
import { lifecycleLines } from '../chat/lifecycle.ts';
import { createMetrics } from '../chat/metrics.ts';
import type { ChatSettings } from './chat-options.ts';
import type { Shared } from './chat-shared.ts';

/** The chat of one process; resolves when it listens. */
export async function serveChat(settings: ChatSettings, { backplane, log }: Shared): Promise<ChatServer> {
  const { port, host, origins, isQuiet, publishToken, metricsToken } = settings;
  const chat = new ChatServer({
    backplane,
    log,
    ...(cluster.worker && { name: String(cluster.worker.id) }),
    ...(origins && { origins }),
    ...(publishToken !== undefined && { publishToken }),
    ...(metricsToken !== undefined && { metricsToken }),
    metrics: await createMetrics(),
    ...(!isQuiet && { lifecycle: lifecycleLines((line) => process.stdout.write(line)) }),
    onError: (error) => console.error(error),
  });
  await chat.listen(port, host);
  return chat;
}
