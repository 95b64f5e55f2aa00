// runs reconnecting: prints "heard: sent while there was no server"
import { ReconnectingWebSocket, WebSocketServer } from 'halyard';

/** A server that echoes. */
function serve() {
  const wss = new WebSocketServer({ port: 8080 });
  wss.on('connection', (ws) => ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary })));
  return wss;
}

let wss = serve();

const client = new ReconnectingWebSocket('ws://localhost:8080', { backoff: { base: 200, cap: 5_000, spread: 200 } });

client.addEventListener('open', () => console.log('open'));
client.addEventListener('message', ({ data }) => console.log('heard:', data));
client.addEventListener('waiting', ({ delay, retry }) => console.log(`retry ${retry} in ${Math.round(delay)} ms`));
client.addEventListener('close', ({ code, willReconnect }) => console.log('close', code, { willReconnect }));

client.addEventListener('open', restart, { once: true });
function restart() {
  // 1001: the server goes away, and its clients come back spread over a while.
  for (const ws of wss.clients) ws.close(1001);
  wss.close(() => {
    client.send('sent while there was no server');
    setTimeout(() => (wss = serve()), 300);
  });
}

client.addEventListener('message', () => {
  client.close();
  wss.close();
});
