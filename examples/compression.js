// runs compression: prints "fewer bytes than a tenth: true"
import { WebSocketClient, WebSocketServer } from 'halyard';

const wss = new WebSocketServer({
  port: 8080,
  perMessageDeflate: {
    // Each message for itself: it compresses worse, and a connection holds no memory for it between messages.
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    // Smaller messages are sent as they are.
    threshold: 512,
    zlibDeflateOptions: { level: 3 },
  },
});

const table = JSON.stringify(Array.from({ length: 1_000 }, (_, id) => ({ id, name: 'a name', isActive: true })));

wss.on('connection', (ws) => {
  ws.send(table);
  // What is compressed already gains nothing.
  ws.send(new Uint8Array(100), { compress: false });
  ws.close();
});

const ws = new WebSocketClient('ws://localhost:8080');
ws.on('open', () => console.log('agreed on:', ws.extensions));
ws.on('close', () => wss.close());
ws.on('message', (data, isBinary) => {
  if (isBinary) return;
  const { bytesRead } = ws._socket;
  console.log(`${data.length} bytes came in ${bytesRead}`);
  console.log('fewer bytes than a tenth:', bytesRead < data.length / 10);
});
