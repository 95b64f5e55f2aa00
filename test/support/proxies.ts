import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, isListening } from './ports.ts';
import { haproxyPath, nginxPath } from './tools.ts';

/** A real reverse proxy on 127.0.0.1. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
}

interface Kind {
  readonly command: (configuration: string, folder: string) => [file: string, ...args: string[]];
  readonly configuration: (port: number, upstream: number, folder: string) => string;
}

const nginx: Kind = {
  command: (configuration, folder) => [nginxPath(), '-c', configuration, '-p', folder, '-e', 'stderr'],
  // As the manual of nginx does it; one process, so that ending it leaves nothing behind.
  configuration: (port, upstream, folder) => `
    daemon off;
    master_process off;
    pid ${folder}/nginx.pid;
    error_log stderr crit;
    events {}
    http {
      access_log off;
      client_body_temp_path ${folder}/body;
      proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi;
      scgi_temp_path ${folder}/scgi;
      map $http_upgrade $connection_upgrade { default upgrade; '' close; }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://127.0.0.1:${upstream};
          proxy_http_version 1.1;
          proxy_set_header Host $http_host;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $connection_upgrade;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }
      }
    }
  `,
};

const haproxy: Kind = {
  command: (configuration) => [haproxyPath(), '-db', '-f', configuration],
  configuration: (port, upstream) => `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 60s
  option forwardfor
frontend front
  bind 127.0.0.1:${port}
  default_backend back
backend back
  server one 127.0.0.1:${upstream}
`,
};

/** nginx in front of a server on the port `upstream` of 127.0.0.1. */
export const startNginx = (upstream: number): Promise<Proxy> => start(nginx, upstream);
/** haproxy, likewise. */
export const startHaproxy = (upstream: number): Promise<Proxy> => start(haproxy, upstream);

async function start({ command, configuration }: Kind, upstream: number): Promise<Proxy> {
  const folder = await mkdtemp(join(tmpdir(), 'halyard-proxy-'));
  const port = await freePort();
  const path = join(folder, 'proxy.conf');
  await writeFile(path, configuration(port, upstream, folder));
  const [file, ...args] = command(path, folder);
  const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const dispose = async (): Promise<void> => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await accepts(port, child);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { port, [Symbol.asyncDispose]: dispose };
}

async function accepts(port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (child.exitCode === null && performance.now() < deadline) {
    if (await isListening(port)) return;
    await sleep(20);
  }
  throw new Error(`${child.spawnfile} does not listen on port ${port}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
