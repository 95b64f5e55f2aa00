// runs http: prints "welcome, ann"
import { createServer } from 'node:http';
import { HandshakeError, WebSocketClient, WebSocketServer } from 'halyard';

const server = createServer((request, response) => response.end('an ordinary page'));

const wss = new WebSocketServer({
  server,
  path: '/live',
  authenticate: (request) => {
    const name = new URL(request.url, 'http://localhost').searchParams.get('name');
    if (name === null) throw new HandshakeError(401, 'Say who you are');
    return { name };
  },
});
wss.on('connection', (ws) => ws.send(`welcome, ${ws.context.name}`));

server.listen(0, () => {
  const { port } = server.address();
  const ws = new WebSocketClient(`ws://localhost:${port}/live?name=ann`);
  ws.on('message', (data) => console.log(String(data)));
  ws.on('message', () => ws.close());
  ws.on('close', () => server.close());
});
