// runs broadcast
import { PreparedMessage, WebSocketServer } from 'halyard';

const wss = new WebSocketServer({ port: 8080 });

wss.on('connection', (ws) => {
  ws.on('message', (data, isBinary) => {
    // Encoded once, whatever the number of members.
    const message = new PreparedMessage(data, { binary: isBinary });
    for (const member of wss.clients) member.send(message);
  });
});
