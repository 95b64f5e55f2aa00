import { afterEach, beforeEach, expect, it } from 'vitest';
import { MemoryBackplane } from '../../src/pubsub/memory-backplane.ts';
import { MemoryLog } from '../../src/pubsub/memory-log.ts';
import { Harness } from './harness.ts';

let here: Harness;
let there: Harness;
beforeEach(async () => {
  const backplane = new MemoryBackplane();
  const log = new MemoryLog({ backplane });
  here = await Harness.start({ backplane, log });
  there = await Harness.start({ backplane, log });
});
afterEach(() => Promise.all([here.stop(), there.stop()]));

it('two servers on one backplane and log are one chat', async () => {
  const ann = await here.member('ann');
  const bob = await there.connect();
  expect(await bob.join('lobby', 'bob')).toMatchObject({ people: [{ name: 'ann' }, { name: 'bob' }] });
  expect(await ann.next('presence')).toMatchObject({ event: 'join', name: 'bob' });
  const [one, two] = [await ann.say('lobby', 'one'), await bob.say('lobby', 'two')];
  for (const client of [ann, bob]) {
    expect(await client.next('message')).toMatchObject({ id: one['id'], text: 'one' });
    expect(await client.next('message')).toMatchObject({ id: two['id'], text: 'two' });
  }
  const eve = await there.connect();
  eve.send({ type: 'join', room: 'lobby', name: 'ann' });
  expect(await eve.next('error')).toMatchObject({ code: 'name-taken' });
});

it('who comes back to another server gets what was missed, and a key is stored once', async () => {
  const secret = 'secret-of-ann-12345';
  const [ann, bob] = [await here.member('ann', 'lobby', { secret }), await here.member('bob')];
  const { id } = await ann.say('lobby', 'one', 'k1');
  const sent = await ann.say('lobby', 'two', 'k2');
  ann.cut();
  await bob.say('lobby', 'three');
  const back = await there.connect();
  const joined = await back.join('lobby', 'ann', { secret, after: id });
  expect(joined).toMatchObject({ recovered: true, history: [{ text: 'two' }, { text: 'three' }] });
  expect(await back.say('lobby', 'two', 'k2')).toMatchObject({ id: sent['id'] });
  expect(await back.rest('message')).toEqual([]);
});

it('bare clients of both hear each other', async () => {
  const [ann, bob] = [await here.connect('/'), await there.connect('/')];
  ann.send('{"handle":"ann","text":"hi"}');
  expect(await bob.next()).toEqual({ handle: 'ann', text: 'hi' });
  bob.send('{"handle":"bob"}');
  expect(await ann.next()).toEqual({ handle: 'ann', text: 'hi' });
  expect(await ann.next()).toEqual({ handle: 'bob' });
});
