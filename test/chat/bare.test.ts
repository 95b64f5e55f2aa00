import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Harness, stopTime } from './harness.ts';

let chat: Harness;
beforeEach(async () => {
  chat = await Harness.start();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await chat.stop();
  expect(chat.errors).toEqual([]);
});

it.each(['/', '/any/path?query', '/chat/', '/chats', '//', '/%2e%2e/x'])(
  'a client at %s is heard by all others',
  async (path) => {
    const [ann, bob] = [await chat.connect(path), await chat.connect('/')];
    ann.send('{"handle":"ann","text":"hi"}');
    expect(await ann.next()).toEqual({ handle: 'ann', text: 'hi' });
    expect(await bob.next()).toEqual({ handle: 'ann', text: 'hi' });
  },
);

it.each<[string, string, string]>([
  [
    'markup is escaped, once',
    `{"handle":"<b>","text":"&lt; \\"'<i>"}`,
    `{"handle":"&lt;b&gt;","text":"&amp;lt; &quot;&#39;&lt;i&gt;"}`,
  ],
  [
    'keys are not escaped, and stay in order',
    '{"text":"hi","<k>":"v","handle":"ann"}',
    '{"text":"hi","<k>":"v","handle":"ann"}',
  ],
  [
    'values become strings',
    '{"handle":5,"text":true,"a":null,"b":[1,"<"],"c":{"d":1}}',
    '{"handle":"5","text":"true","a":"","b":"[1,&quot;&lt;&quot;]","c":"{&quot;d&quot;:1}"}',
  ],
  [
    'a key may be __proto__',
    '{"handle":"ann","text":"hi","__proto__":"x"}',
    '{"handle":"ann","text":"hi","__proto__":"x"}',
  ],
  [
    'a long handle stays what it is',
    `{"handle":"${'a'.repeat(50)}","text":"hi"}`,
    `{"handle":"${'a'.repeat(50)}","text":"hi"}`,
  ],
  ['no handle', '{"text":"hi"}', '{"text":"hi"}'],
  ['no text', '{"handle":"ann"}', '{"handle":"ann"}'],
  ['empty text', '{"handle":"ann","text":""}', '{"handle":"ann","text":""}'],
  ['an empty object', '{}', '{}'],
  ['Unicode stays as it is', '{"handle":"jürgen","text":"👋"}', '{"handle":"jürgen","text":"👋"}'],
])('%s', async (_, sent, expected) => {
  const [ann, bob] = [await chat.connect('/'), await chat.connect('/')];
  let text = '';
  bob.socket.on('message', (data) => {
    text = String(data);
  });
  ann.send(sent);
  await bob.next();
  expect(text).toBe(expected);
});

it.each<[string, unknown]>([
  ['no JSON', 'hello'],
  ['an array', '[1]'],
  ['a string', '"hello"'],
  ['null', 'null'],
  ['binary', Buffer.from('{"handle":"ann","text":"hi"}')],
  ['too long a text', JSON.stringify({ handle: 'ann', text: 'x'.repeat(4_001) })],
  ['too much besides', JSON.stringify({ handle: 'ann', text: 'x', more: 'x'.repeat(40_000) })],
])('%s is answered to its sender alone', async (_, message) => {
  const [ann, bob] = [await chat.connect('/'), await chat.connect('/')];
  ann.send(message);
  expect(await ann.next()).toEqual({ error: expect.any(String) });
  ann.send('{"handle":"ann","text":"hi"}');
  expect(await bob.next()).toEqual({ handle: 'ann', text: 'hi' });
  expect(bob.all).toHaveLength(1);
});

it('is in the lobby of those who speak the richer protocol, in both directions', async () => {
  const [bare, rich] = [await chat.connect('/'), await chat.member('rich')];
  bare.send({ handle: ' rich\u202e', text: '<b>' });
  const message = await rich.next('message');
  expect(message).toMatchObject({ room: 'lobby', name: 'rich', text: '<b>', id: expect.any(String) });
  expect(message).not.toHaveProperty('person');
  expect(await bare.next()).toEqual({ handle: ' rich\u202e', text: '&lt;b&gt;' });
  await rich.say('lobby', '<i> &amp;');
  expect(await bare.next()).toEqual({ handle: 'rich', text: '&lt;i&gt; &amp;amp;' });
  await rich.join('other', 'rich');
  await rich.say('other', 'not here');
  expect(bare.all).toHaveLength(2);
  const later = await chat.connect();
  expect(await later.join('lobby', 'later')).toMatchObject({ history: [{ text: '<b>' }, { text: '<i> &amp;' }] });
});

it('has the same limit of the rate', async () => {
  stopTime();
  const ann = await chat.connect('/');
  for (let i = 0; i < 300; i++) ann.send('{}');
  expect(await ann.ended()).toMatchObject({ code: 1008 });
});
