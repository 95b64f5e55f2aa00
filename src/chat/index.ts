export { Chat, type ChatOptions } from './chat.ts';
export { ChatServer, type ChatServerOptions } from './chat-server.ts';
export { createMetrics, type ChatMetrics } from './metrics.ts';
export type { StopOptions } from './shut-down.ts';
export { lifecycleLines, type Lifecycle } from './lifecycle.ts';
