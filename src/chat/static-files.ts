import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moduleClosure } from './module-closure.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.txt': 'text/plain; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

interface StaticFile {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
}

/** URL paths to files. */
export type StaticFiles = ReadonlyMap<string, StaticFile>;

const PUBLIC = fileURLToPath(new URL('../../public/', import.meta.url));
const RECONNECTING = fileURLToPath(new URL('../../dist/client/reconnecting-websocket.js', import.meta.url));

/**
 * Reads the chat page and the module it connects with: a handful of files, kept in memory, so that no request ever
 * becomes a path of the file system.
 */
export function loadStaticFiles(): StaticFiles {
  const files = new Map<string, StaticFile>();
  const add = (path: string, url: string): unknown => files.set(url, readFile(path));
  if (existsSync(RECONNECTING)) for (const path of moduleClosure(RECONNECTING)) add(path, `/${basename(path)}`);
  for (const entry of readdirSync(PUBLIC, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !entry.name.startsWith('.')) add(path, `/${relative(PUBLIC, path).split(sep).join('/')}`);
  }
  const index = files.get('/index.html');
  if (index) files.set('/', index);
  return files;
}

/** Answers GET and HEAD of a file; returns false if there is none of this path. */
export function serveStatic(
  files: StaticFiles,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const file = files.get(path);
  if (!file) return false;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { ...SECURITY_HEADERS, allow: 'GET, HEAD', 'content-length': 0 }).end();
    return true;
  }
  const headers = { ...SECURITY_HEADERS, etag: file.etag, 'cache-control': 'no-cache' };
  if (matches(request.headers['if-none-match'], file.etag)) {
    response.writeHead(304, headers).end();
    return true;
  }
  response.writeHead(200, { ...headers, 'content-type': file.type, 'content-length': file.body.length });
  response.end(request.method === 'HEAD' ? undefined : file.body);
  return true;
}

function readFile(path: string): StaticFile {
  const body = readFileSync(path);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { body, type: TYPES[extname(path)] ?? 'application/octet-stream', etag };
}

/** RFC 9110 §13.1.2: a list of entity tags, compared weakly, or `*`. */
function matches(list: string | undefined, etag: string): boolean {
  return list !== undefined && list.split(',').some((item) => ['*', etag].includes(item.trim().replace(/^W\//, '')));
}
