import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Harness, stopTime } from './harness.ts';

let chat: Harness;
beforeEach(async () => {
  chat = await Harness.start();
});
afterEach(async () => {
  await chat.stop();
  expect(chat.errors).toEqual([]);
});

const say = (fields: object): object => ({ type: 'say', room: 'lobby', key: 'k', text: 'x', ...fields });
const join = (fields: object): object => ({ type: 'join', room: 'other', name: 'ann', ...fields });

describe('what is wrong is answered with a typed error, and the connection stays', () => {
  it.each<[string, unknown, string]>([
    ['no JSON', 'hello', 'bad-json'],
    ['half of JSON', '{"type":', 'bad-json'],
    ['nothing', '', 'bad-json'],
    ['deep nesting', `{"type":"ping","x":${'['.repeat(4)}${']'.repeat(4)}}`, 'bad-json'],
    ['very deep nesting', '['.repeat(30_000) + ']'.repeat(30_000), 'bad-json'],
    ['an array', '[]', 'bad-message'],
    ['a number', '5', 'bad-message'],
    ['null', 'null', 'bad-message'],
    ['no type', {}, 'bad-message'],
    ['an unknown type', { type: 'shout' }, 'bad-message'],
    ['a type that is a property of all objects', { type: 'constructor' }, 'bad-message'],
    ['a type that is no string', { type: ['say'] }, 'bad-message'],
    ['a binary frame', Buffer.from('{"type":"ping"}'), 'binary'],
    ['fields of a prototype', '{"__proto__":{"type":"say","room":"lobby","key":"k","text":"x"}}', 'bad-message'],
    ['say without key', say({ key: undefined }), 'bad-message'],
    ['say with a number for text', say({ text: 5 }), 'bad-message'],
    ['say with a key of the wrong form', say({ key: 'a b' }), 'bad-message'],
    ['say without text', say({ text: undefined }), 'bad-message'],
    ['say with empty text', say({ text: '' }), 'bad-text'],
    ['say with white space alone', say({ text: ' \n\u3000 ' }), 'bad-text'],
    ['say with half a surrogate pair', '{"type":"say","room":"lobby","key":"k","text":"a\\ud83d"}', 'bad-text'],
    ['say with 4,001 characters', say({ text: 'ä'.repeat(4_001) }), 'too-long'],
    ['say with 4,001 emoji', say({ text: '👋'.repeat(4_001) }), 'too-long'],
    ['say in a room that was not joined', say({ room: 'other' }), 'not-joined'],
    ['leave of a room that was not joined', { type: 'leave', room: 'other' }, 'not-joined'],
    ['a room with a slash', join({ room: 'a/b' }), 'bad-room'],
    ['no room', join({ room: undefined }), 'bad-message'],
    ['an empty room', join({ room: '' }), 'bad-room'],
    ['a room with a newline at its end', join({ room: 'a\n' }), 'bad-room'],
    ['a room of 65 characters', join({ room: 'a'.repeat(65) }), 'bad-room'],
    ['no name', join({ name: undefined }), 'bad-message'],
    ['an empty name', join({ name: '' }), 'bad-name'],
    ['a blank name', join({ name: '\u2800\u3000' }), 'bad-name'],
    ['an invisible name', join({ name: '\u3164' }), 'bad-name'],
    ['a name of joiners', join({ name: '\u200d\u200c' }), 'bad-name'],
    ['a name of 33 characters', join({ name: 'a'.repeat(33) }), 'bad-name'],
    ['a name with a newline', join({ name: 'a\nb' }), 'bad-name'],
    ['a name that turns the direction', join({ name: 'a\u202eb' }), 'bad-name'],
    ['a name with an isolate', join({ name: 'a\u2066b' }), 'bad-name'],
    ['a name with a zero-width space', join({ name: 'a\u200bb' }), 'bad-name'],
    ['a name with NUL', join({ name: 'a\u0000' }), 'bad-name'],
    ['a name with white space around', join({ name: ' ann' }), 'bad-name'],
    ['a short secret', join({ secret: 'short' }), 'bad-secret'],
    ['an object for a secret', join({ secret: {} }), 'bad-message'],
    ['an empty after', join({ after: '' }), 'bad-after'],
    ['an after of 129 characters', join({ after: 'a'.repeat(129) }), 'bad-after'],
  ])('%s', async (_, message, code) => {
    const ann = await chat.member('ann');
    ann.send(message);
    expect(await ann.next('error')).toMatchObject({ type: 'error', code, message: expect.any(String) });
    expect((await ann.say('lobby', 'still here'))['id']).toBeDefined();
  });

  it('names the request, the room and the key that it refuses, if they have the right form', async () => {
    const ann = await chat.member('ann');
    ann.send(say({ text: '' }));
    expect(await ann.next('error')).toEqual({
      type: 'error',
      code: 'bad-text',
      message: expect.any(String),
      request: 'say',
      room: 'lobby',
      key: 'k',
    });
    ann.send(say({ room: '<b>', key: {} }));
    expect(await ann.next('error')).toEqual({
      type: 'error',
      code: 'bad-room',
      message: expect.any(String),
      request: 'say',
    });
  });

  it('disturbs nobody else', async () => {
    const [ann, eve] = [await chat.member('ann'), await chat.member('eve')];
    for (const message of ['{', '[]', Buffer.alloc(10), { type: 'say' }]) eve.send(message);
    for (let i = 0; i < 4; i++) await eve.next('error');
    await ann.say('lobby', 'calm');
    expect(await eve.next('message')).toMatchObject({ text: 'calm' });
    expect(ann.all.filter(({ type }) => type === 'error')).toEqual([]);
  });
});

describe('what is just right is accepted', () => {
  it.each<[string, string]>([
    ['4,000 characters', 'ä'.repeat(4_000)],
    ['4,000 emoji', '👋'.repeat(4_000)],
    ['6,000 code points that NFC makes 3,000', 'a\u0308'.repeat(3_000)],
    ['control characters and markup', '\u0007 <script>alert(1)</script> \u202e'],
  ])('a text of %s, unchanged', async (_, text) => {
    const ann = await chat.member('ann');
    await ann.say('lobby', text);
    expect((await ann.next('message'))['text']).toBe(text);
  });

  it.each([
    'a',
    'Jürgen',
    '李',
    '👩‍👩‍👧',
    'نام‌من',
    '❤️',
    'x'.repeat(32),
    '👋'.repeat(32),
    'a b',
    '__proto__',
    'constructor',
  ])('the name %s', async (name) => {
    const client = await chat.connect();
    expect(await client.join('lobby', name)).toMatchObject({ you: { name }, people: [{ name }] });
  });

  it.each(['__proto__', 'constructor', 'toString', '-', '_', 'a'.repeat(64)])('the room %s', async (room) => {
    const client = await chat.connect();
    await client.join(room, 'ann');
    await client.say(room, 'x');
    expect(await client.next('message')).toMatchObject({ room, text: 'x' });
  });
});

describe('limits', () => {
  beforeEach(stopTime);
  afterEach(() => void vi.restoreAllMocks());

  it('40 messages at once are accepted, the next is refused with the time to wait', async () => {
    const ann = await chat.connect();
    for (let i = 0; i < 45; i++) ann.send({ type: 'ping' });
    for (let i = 0; i < 40; i++) await ann.next('pong');
    const error = await ann.next('error');
    expect(error).toMatchObject({ code: 'rate-limited' });
    expect(error['retryAfter']).toBeGreaterThan(0);
    expect(error['retryAfter']).toBeLessThanOrEqual(50);
  });

  it('a message that was too much is named, so that it can be sent again', async () => {
    const ann = await chat.connect();
    await ann.join('lobby', 'ann');
    for (let i = 0; i < 45; i++) ann.send({ type: 'ping' });
    ann.send({ type: 'say', room: 'lobby', key: 'k1', text: 'x' });
    for (let i = 0; i < 6; i++)
      expect(await ann.next('error')).toMatchObject({ code: 'rate-limited', request: 'ping' });
    expect(await ann.next('error')).toMatchObject({ request: 'say', room: 'lobby', key: 'k1' });
  });

  it('who goes on regardless is closed with 1008', async () => {
    const ann = await chat.connect();
    for (let i = 0; i < 300; i++) ann.send({ type: 'ping' });
    expect(await ann.ended()).toMatchObject({ code: 1008 });
    expect(ann.all.length).toBeLessThan(160);
  });

  it('20 joins at once are accepted, the next is refused', async () => {
    const ann = await chat.connect();
    for (let i = 0; i < 21; i++) ann.send({ type: 'join', room: `r${i}`, name: 'ann' });
    for (let i = 0; i < 20; i++) await ann.next('joined');
    expect(await ann.next('error')).toMatchObject({ code: 'rate-limited', request: 'join', room: 'r20' });
  });

  it('a frame of more than 64 KiB closes with 1009', async () => {
    const ann = await chat.connect();
    ann.send('x'.repeat(64 * 1024 + 1));
    expect(await ann.ended()).toMatchObject({ code: 1009 });
  });
});
