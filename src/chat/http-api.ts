import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { Chat } from './chat.ts';
import { ChatError, toChatError } from './chat-error.ts';
import { parsePost } from './client-message.ts';
import { LIMITS } from './limits.ts';
import type { ChatMetrics } from './metrics.ts';
import { isRoom } from './names.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

export interface HttpApiOptions {
  readonly chat: Chat;
  /** What `/healthz` tells. */
  readonly health: () => {
    readonly isReady: boolean;
    readonly backplane: 'ready' | 'away';
    /** Why it is away, as a short code; left out if it is not, or nobody knows. */
    readonly problem?: string | undefined;
    readonly connections: number;
  };
  /** Whoever has it may publish; without it that route does not exist. */
  readonly publishToken: string | undefined;
  /** Whoever has it may read the metrics; without it only who asks from this machine itself. */
  readonly metricsToken: string | undefined;
  readonly metrics: ChatMetrics | undefined;
  readonly onError: (error: unknown) => void;
}

const MESSAGES = /^\/rooms\/([^/]+)\/messages$/;
/** Marks of a proxy: behind one, everybody seems to ask from this machine. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** What the chat answers over HTTP besides the page. Returns false for paths that are not its own. */
export async function answerApi(
  options: HttpApiOptions,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (path === '/healthz') {
    const { isReady, ...health } = options.health();
    answer(response, isReady ? 200 : 503, { live: true, ready: isReady, ...health });
    return true;
  }
  if (path === '/metrics' && options.metrics && mayReadMetrics(options, request)) {
    const { type, text } = await options.metrics.render();
    response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': type }).end(text);
    return true;
  }
  const [, room] = MESSAGES.exec(path) ?? [];
  if (room === undefined || options.publishToken === undefined) return false;
  try {
    answer(response, 201, await publish(options, options.publishToken, room, request));
  } catch (error) {
    refuse(options, response, error);
  }
  return true;
}

/** An error that is an HTTP status. */
class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
  }
}

async function publish(
  { chat, metrics }: HttpApiOptions,
  token: string,
  room: string,
  request: IncomingMessage,
): Promise<{ readonly id: string }> {
  if (request.method !== 'POST') throw new HttpError(405, 'POST only');
  if (!hasToken(request, token)) throw new HttpError(401, 'a bearer token is needed');
  if (!isRoom(room)) throw new ChatError('bad-room', 'room must be 1 to 64 of A-Z a-z 0-9 _ -');
  const body = await readBody(request);
  const { name, text, key } = parsePost(body);
  const message = { name, text, time: Date.now() };
  const { id } = await chat.say(room, message, key === undefined ? undefined : `http:${key}`);
  metrics?.received(Buffer.byteLength(body));
  return { id };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LIMITS.payload) throw new HttpError(413, `at most ${LIMITS.payload} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof HttpError ? error : new HttpError(400, 'the body broke off');
  }
  return Buffer.concat(chunks).toString();
}

function refuse({ onError }: HttpApiOptions, response: ServerResponse, error: unknown): void {
  if (error instanceof HttpError) {
    if (error.status === 401) response.setHeader('www-authenticate', 'Bearer');
    if (error.status === 405) response.setHeader('allow', 'POST');
    if (error.status === 413) response.setHeader('connection', 'close');
    answer(response, error.status, { error: error.message });
    return;
  }
  const { code, message, retryAfter } = toChatError(error);
  if (code === 'internal') onError(error);
  if (retryAfter !== undefined) response.setHeader('retry-after', Math.ceil(retryAfter / 1_000));
  answer(response, code === 'internal' ? 500 : code === 'unavailable' ? 503 : 400, { error: message, code });
}

function mayReadMetrics({ metricsToken }: HttpApiOptions, request: IncomingMessage): boolean {
  if (metricsToken !== undefined) return hasToken(request, metricsToken);
  const address = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  const isLocal = address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
  return isLocal && !FORWARDED.some((name) => request.headers[name] !== undefined);
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares hashes, so that the time taken tells nothing of the token. */
function hasToken({ headers }: IncomingMessage, token: string): boolean {
  const [, given = ''] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  return timingSafeEqual(digest(given), digest(token));
}

function answer(response: ServerResponse, status: number, value: object): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  const headers = { 'content-type': 'application/json', 'content-length': body.length, 'cache-control': 'no-store' };
  response.writeHead(status, { ...SECURITY_HEADERS, ...headers }).end(body);
}
