// runs broadcast: prints "bob hears: ahoy"
import { WebSocketClient } from 'halyard';

const ann = new WebSocketClient('ws://localhost:8080');
const bob = new WebSocketClient('ws://localhost:8080');

bob.on('message', (data) => {
  console.log('bob hears:', String(data));
  ann.close();
  bob.close();
});
bob.on('open', () => {
  if (ann.readyState === ann.OPEN) ann.send('ahoy');
  else ann.on('open', () => ann.send('ahoy'));
});
