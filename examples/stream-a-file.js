// runs stream: prints "received all of it: true"
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createWebSocketStream, WebSocketClient, WebSocketServer } from 'halyard';

const file = fileURLToPath(import.meta.url);

// The file is read as fast as the client takes it: it may be larger than the memory.
const wss = new WebSocketServer({ port: 8080 });
wss.on('connection', (ws) => {
  pipeline(createReadStream(file), createWebSocketStream(ws)).catch((error) =>
    console.error('not sent:', error.message),
  );
});

async function hashOf(readable) {
  const hash = createHash('sha256');
  for await (const chunk of readable) hash.update(chunk);
  return hash.digest('hex');
}

wss.on('listening', async () => {
  const ws = new WebSocketClient('ws://localhost:8080');
  const received = await hashOf(createWebSocketStream(ws));
  console.log('received all of it:', received === (await hashOf(createReadStream(file))));
  wss.close();
});
