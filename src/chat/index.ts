export { Chat, type ChatOptions } from './chat.ts';
export { ChatServer, type ChatServerOptions, type StopOptions } from './chat-server.ts';
export { lifecycleLines, type Lifecycle } from './lifecycle.ts';
