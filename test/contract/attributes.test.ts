import { describe, expect, it } from 'vitest';
import { implementations } from './implementations.ts';
import { connect, dial, failed, nextMessage } from './support.ts';

/** The descriptor of what an object inherits. */
function descriptorOf(object: object, name: string): PropertyDescriptor | undefined {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertyDescriptor(at, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe.each(implementations)('the attributes of %s', (_, implementation) => {
  const { WebSocket: Class } = implementation;

  it.each([
    ['CONNECTING', 0],
    ['OPEN', 1],
    ['CLOSING', 2],
    ['CLOSED', 3],
  ])('%s is %i on class and prototype, and stays so', (name, value) => {
    const constant = { configurable: false, enumerable: true, value, writable: false };
    for (const object of [Class, Class.prototype]) {
      expect(descriptorOf(object, name)).toEqual(constant);
      expect(name in object).toBe(true);
    }
  });

  it('shows the constants to a loop over the class', () => {
    const names: string[] = [];
    for (const name in Class) names.push(name);
    expect(names).toEqual(expect.arrayContaining(['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED']));
  });

  it.each(['bufferedAmount', 'extensions', 'isPaused', 'protocol', 'readyState', 'url'])(
    '%s can be read only',
    (name) => {
      const { get, ...rest } = descriptorOf(Class.prototype, name)!;
      expect(get).toBeTypeOf('function');
      expect(rest).toEqual({ configurable: true, enumerable: true, set: undefined });
    },
  );

  it.each(['binaryType', 'onopen', 'onmessage', 'onerror', 'onclose'])('%s can be read and set', (name) => {
    const { get, set, ...rest } = descriptorOf(Class.prototype, name)!;
    expect([typeof get, typeof set]).toEqual(['function', 'function']);
    expect(rest).toEqual({ configurable: true, enumerable: true });
  });

  it('start with what they are before a connection', async () => {
    const ws = dial(implementation, 'ws://127.0.0.1:1/');
    expect(ws).toMatchObject({
      binaryType: 'nodebuffer',
      bufferedAmount: 0,
      extensions: '',
      isPaused: false,
      protocol: '',
      readyState: 0,
      onopen: null,
      onmessage: null,
      onerror: null,
      onclose: null,
    });
    await failed(ws);
    expect(ws.readyState).toBe(3);
  });

  it('binaryType takes four values and ignores others', async () => {
    const { client } = await connect(implementation);
    for (const type of ['arraybuffer', 'blob', 'fragments', 'nodebuffer'] as const) {
      client.binaryType = type as 'nodebuffer';
      expect(client.binaryType).toBe(type);
    }
    client.binaryType = 'foo' as 'nodebuffer';
    expect(client.binaryType).toBe('nodebuffer');
  });

  it('binaryType says what a binary message comes as, and text is a Buffer', async () => {
    const { client, peer } = await connect(implementation);
    const bytes = Buffer.from([1, 2, 3, 4]);
    const received = async (type: string, data: string | Buffer): Promise<unknown> => {
      client.binaryType = type as 'nodebuffer';
      const message = nextMessage(client);
      peer.send(data);
      return (await message).data;
    };
    expect(await received('nodebuffer', bytes)).toEqual(bytes);

    const arrayBuffer = (await received('arraybuffer', bytes)) as ArrayBuffer;
    expect(arrayBuffer).toBeInstanceOf(ArrayBuffer);
    expect([...new Uint8Array(arrayBuffer)]).toEqual([1, 2, 3, 4]);

    const blob = (await received('blob', bytes)) as Blob;
    expect(blob).toBeInstanceOf(Blob);
    expect([...new Uint8Array(await blob.arrayBuffer())]).toEqual([1, 2, 3, 4]);

    const fragments = (await received('fragments', bytes)) as Buffer[];
    expect(fragments.map((part) => [...part])).toEqual([[1, 2, 3, 4]]);

    for (const type of ['nodebuffer', 'arraybuffer', 'blob', 'fragments']) {
      const text = await received(type, 'text');
      expect(Buffer.isBuffer(text) && text.toString(), type).toBe('text');
    }
  });

  it("binaryType 'fragments' gives the frames of a message as they came", async () => {
    const { client, peer } = await connect(implementation);
    client.binaryType = 'fragments';
    const message = nextMessage(client);
    peer.send(Buffer.from('ab'), { fin: false });
    peer.send(Buffer.from('c'), { fin: false });
    peer.send(Buffer.from('def'), { fin: true });
    const fragments = (await message).data as unknown as Buffer[];
    expect(fragments.map(String)).toEqual(['ab', 'c', 'def']);
  });

  it('bufferedAmount counts what was not taken, also after the end', async () => {
    const { client, peer } = await connect(implementation);
    expect(client.bufferedAmount).toBe(0);
    peer.pause();
    const data = Buffer.alloc(1 << 20);
    for (let i = 0; i < 40; i++) client.send(data);
    expect(client.bufferedAmount).toBeGreaterThan(1 << 20);
    client.terminate();
    const before = client.bufferedAmount;
    client.send('four');
    expect(client.bufferedAmount - before).toBe(4);
  });

  it('url, protocol and readyState cannot be assigned', async () => {
    const { client } = await connect(implementation, { protocols: 'chat' });
    for (const name of ['url', 'protocol', 'readyState', 'extensions', 'bufferedAmount'] as const) {
      expect(() => ((client as unknown as Record<string, unknown>)[name] = 'x')).toThrow(TypeError);
    }
    expect([client.protocol, client.readyState]).toEqual(['chat', 1]);
  });
});
