import http, { type ClientRequest } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type tls from 'node:tls';
import type { Address } from './address.ts';
import type { ClientOptions } from './options.ts';
import { connectTcp, connectTls } from './shared-read.ts';

/** Starts the HTTP request that asks for an upgrade; it is not ended. RFC 6455 §4.1. */
export function dial(
  address: Address,
  headers: Record<string, unknown>,
  auth: string | undefined,
  options: ClientOptions,
): ClientRequest {
  const defaultPort = address.secure ? 443 : 80;
  const all = {
    ...options,
    method: 'GET',
    protocol: undefined,
    protocols: undefined,
    hostname: undefined,
    timeout: undefined,
    signal: undefined,
    host: address.host,
    port: address.port,
    path: address.path,
    socketPath: address.socketPath,
    defaultPort: options.defaultPort ?? defaultPort,
    createConnection: options.createConnection ?? (address.secure ? dialTls : dialTcp),
    headers,
    auth: auth ?? null,
  };
  return (address.secure ? https : http).request(all as https.RequestOptions);
}

interface Target {
  host?: string;
  socketPath?: string;
  servername?: string;
}

function dialTcp(options: Target): Duplex {
  return connectTcp({ ...options, path: options.socketPath } as net.NetConnectOpts);
}

function dialTls(options: Target): Duplex {
  const servername = options.servername ?? (net.isIP(options.host ?? '') ? '' : options.host);
  return connectTls({ ...options, path: undefined, servername } as tls.ConnectionOptions);
}
