import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { HandshakeError } from '../protocol/errors.ts';
import type { Upgrade } from '../protocol/server-handshake.ts';
import type { ClientInfo, ServerOptions, VerifyCallback } from './options.ts';
import { isAllowedOrigin } from './origins.ts';

/** The outcome of the hooks: an error refuses, else the context is the socket's. */
export type Verified = (error?: unknown, context?: unknown) => void;

type Hooks = Pick<ServerOptions, 'origins' | 'verifyClient' | 'authenticate'>;

/** Whether anybody is to be asked. */
export function hasHooks({ origins, verifyClient, authenticate }: Hooks): boolean {
  return authenticate !== undefined || Boolean(verifyClient) || origins !== undefined;
}

/**
 * Asks `origins`, `verifyClient` and `authenticate`, in this order, whether a request is let in. Hooks may take their
 * time, throw, answer twice or never: `done` is called once, with a `HandshakeError` 503 after `timeout` milliseconds.
 */
export function verifyRequest(
  upgrade: Upgrade,
  request: IncomingMessage,
  hooks: Hooks,
  timeout: number,
  done: Verified,
): void {
  let isOver = false;
  const finish: Verified = (error, context) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(deadline);
    done(error, context);
  };
  const deadline = setTimeout(() => finish(new HandshakeError(503, 'Handshake timed out')), timeout).unref();
  try {
    askHooks(upgrade, request, hooks, finish);
  } catch (error) {
    // After the outcome it is not a hook that threw, but whoever was given the socket.
    if (isOver) throw error;
    finish(error);
  }
}

function askHooks(upgrade: Upgrade, request: IncomingMessage, hooks: Hooks, done: Verified): void {
  const { origins, verifyClient } = hooks;
  if (origins !== undefined && !isAllowedOrigin(upgrade.origin, origins)) {
    return done(new HandshakeError(403, 'Forbidden'));
  }
  const authenticate = (): void => askWho(request, hooks, done);
  if (!verifyClient) return authenticate();

  const secure = (request.socket as { encrypted?: boolean }).encrypted === true;
  const info = { origin: upgrade.origin, secure, req: request };
  const answer: VerifyCallback = (verified, status, message, headers) => {
    if (verified) authenticate();
    else done(refusal(status, message, headers));
  };
  // It is a method of the options, and is given a callback if it takes two arguments: as `ws` calls it.
  if (verifyClient.length === 2) verifyClient.call(hooks, info, answer);
  else answer(Boolean((verifyClient as (info: ClientInfo) => unknown).call(hooks, info)));
}

/** What `ws` takes for nothing said is the default. A status that is none is the hook's fault, whenever it answers. */
function refusal(status: unknown, message?: string | null, headers?: Readonly<Record<string, string>> | null): unknown {
  try {
    const code = Number(status) || 401;
    return new HandshakeError(code, message || (STATUS_CODES[code] ?? ''), headers ?? {});
  } catch (error) {
    return error;
  }
}

function askWho(request: IncomingMessage, { authenticate }: Hooks, done: Verified): void {
  if (authenticate === undefined) return done();
  Promise.resolve(request)
    .then(authenticate)
    .then((context) => done(undefined, context), done);
}
