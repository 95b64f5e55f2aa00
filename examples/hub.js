// runs hub: prints "bob missed: second, third"
import { WebSocketClient, WebSocketServer } from 'halyard';
import { Hub, MemoryBackplane, MemoryLog } from 'halyard/pubsub';

const backplane = new MemoryBackplane();
const log = new MemoryLog({ backplane });
// What members get is text of our own making; the id is what they come back with.
const hub = new Hub({ backplane, log, render: (text, { id }) => JSON.stringify({ id, text: String(text) }) });

const wss = new WebSocketServer({ port: 8080 });
wss.on('connection', async (ws, request) => {
  const after = new URL(request.url, 'ws://localhost').searchParams.get('after');
  // What came after that id first, then what is live, without a gap between the two.
  await hub.join(ws, 'news', after ? { after } : { newest: 10 });
});

async function listen(name, after = '') {
  const ws = await WebSocketClient.connect(`ws://localhost:8080/?after=${after}`);
  const heard = [];
  ws.on('message', (data) => heard.push(JSON.parse(data)));
  const until = async (count) => {
    while (heard.length < count) await new Promise((resolve) => ws.once('message', resolve));
    ws.close();
    return heard;
  };
  return { name, until };
}

const bob = await listen('bob');
await hub.publish('news', 'first');
const [{ id }] = await bob.until(1);

// Nobody is there to hear these.
await hub.publish('news', 'second');
await hub.publish('news', 'third', { key: 'stored-once' });
await hub.publish('news', 'third', { key: 'stored-once' });

const again = await listen('bob', id);
const missed = await again.until(2);
console.log(`${again.name} missed: ${missed.map(({ text }) => text).join(', ')}`);

await hub.close();
await log.close();
await backplane.close();
wss.close();
