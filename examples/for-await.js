// runs for-await: prints "all 1000 lines, in order"
import { WebSocketClient, WebSocketServer } from 'halyard';
import { setTimeout as sleep } from 'node:timers/promises';

const wss = new WebSocketServer({ port: 8080 });
wss.on('connection', async (ws) => {
  // Waits where the client reads more slowly than this writes.
  for (let line = 1; line <= 1_000; line++) await ws.sendAsync(`line ${line}`);
  ws.close();
});

const ws = await WebSocketClient.connect('ws://localhost:8080', { signal: AbortSignal.timeout(5_000) });

let lines = 0;
for await (const message of ws) {
  lines += 1;
  if (message !== `line ${lines}`) throw new Error(`${message} is not line ${lines}`);
  // Nothing more than a little is read meanwhile.
  if (lines % 100 === 0) await sleep(10);
}
console.log(`all ${lines} lines, in order`);
wss.close();
