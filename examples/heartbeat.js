// runs heartbeat: prints "bob is gone"
import { HandshakeError, WebSocketClient, WebSocketServer } from 'halyard';

const names = new Map([
  ['a-token', 'ann'],
  ['b-token', 'bob'],
]);

const wss = new WebSocketServer({
  port: 8080,
  // Pings everybody each interval; from whom nothing comes within the timeout is terminated. Rather 30 s and 10 s in earnest.
  heartbeat: { interval: 300, timeout: 100 },
  authenticate: async (request) => {
    const [, token] = request.headers.authorization?.split(' ') ?? [];
    const name = names.get(token);
    if (name === undefined) throw new HandshakeError(401, 'Who are you?', { 'WWW-Authenticate': 'Bearer' });
    return { name };
  },
});

wss.on('connection', (ws) => {
  const { name } = ws.context;
  console.log(`hello ${name}`);
  ws.on('close', (code) => {
    console.log(`${name} is gone: ${code}`);
    // That was to be seen.
    wss.close();
    for (const client of wss.clients) client.close();
  });
});

// Ann's client answers pings, as every client does. Bob's is made to look dead.
wss.on('listening', () => {
  for (const [token, options] of [
    ['a-token', {}],
    ['b-token', { autoPong: false }],
    ['forged', {}],
  ]) {
    const headers = { Authorization: `Bearer ${token}` };
    const ws = new WebSocketClient('ws://localhost:8080', { headers, ...options });
    ws.on('error', (error) => console.log(`${token}: ${error.message}`));
  }
});
