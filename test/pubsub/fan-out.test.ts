import { expect, it } from 'vitest';
import { PreparedMessage } from '../../src/protocol/prepared-message.ts';
import { FanOut } from '../../src/pubsub/fan-out.ts';

it('a member whose sending fails is closed once, however much waits for it', () => {
  const closes: number[] = [];
  const member = {
    bufferedAmount: 100,
    send() {
      throw new Error('not open any more');
    },
    close: (code: number) => closes.push(code),
  };
  const fanOut = new FanOut((gone) => fanOut.forget(gone), { slow: 'drop-old', limit: 100 });
  for (let i = 0; i < 5; i++) fanOut.sendTo(member, new PreparedMessage('message'));
  expect(closes).toEqual([]);
  member.bufferedAmount = 0;
  fanOut.drain(member);
  expect(closes).toEqual([1011]);
});
