import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { expect, it } from 'vitest';
import { selfSignedCertificate } from './tls.ts';

it.each(['localhost', '127.0.0.1'])('a TLS client that trusts the certificate accepts it for %s', async (host) => {
  const { key, cert } = selfSignedCertificate();
  const server = createServer({ key, cert }, (socket) => socket.end('ahoy')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({
    host,
    port,
    ca: cert,
    ...(host === 'localhost' && { servername: host, host: '127.0.0.1' }),
  });
  const [data] = (await once(socket, 'data')) as [Buffer];
  expect(data.toString()).toBe('ahoy');
  expect(socket.authorized).toBe(true);
  socket.destroy();
  server.close();
});
