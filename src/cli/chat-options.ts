import { parseOptions, parseOrigins, parsePort } from './options.ts';
import { UsageError } from './usage-error.ts';

export const CHAT_HELP = `Usage: halyard chat [options]

Serves the chat: the page at /, its WebSocket at /chat.

  -p, --port <number>     where to listen (PORT, default 8080; 0: any free port)
      --host <address>    on which address (HOST, default: all)
      --origins <list>    whose pages may connect, like https://app.example,https://www.example
                          (ORIGINS, default: pages of the same host)
  -w, --workers <number>  processes that share the port (WEB_CONCURRENCY, default 1)
      --redis <url>       joins machines (REDIS_URL, REDISCLOUD_URL or REDIS_TLS_URL, default: none)
      --redis-cluster     the URL is that of a node of a Redis Cluster (REDIS_CLUSTER=1)
      --redis-any-cert    rediss:// without a look at the certificate (REDIS_TLS_REJECT_UNAUTHORIZED=0)
      --channel <name>    where foreign programs publish for the lobby (REDIS_CHANNEL, default: prefix and lobby)
      --prefix <text>     begins all keys and channels in Redis (REDIS_PREFIX, default halyard:)
  -q, --quiet             no line for connections and messages
  -h, --help

PUBLISH_TOKEN lets whoever has it publish: POST /rooms/:room/messages, with it as bearer token.
METRICS_TOKEN likewise for GET /metrics, which else answers to this machine alone.
`;

export interface ChatSettings {
  readonly port: number;
  readonly host: string | undefined;
  readonly origins: readonly string[] | undefined;
  readonly workers: number;
  readonly redis: string | undefined;
  readonly isRedisCluster: boolean;
  /** TLS to Redis takes any certificate: hidden from listeners, but not from who poses as that Redis. */
  readonly takesAnyCertificate: boolean;
  readonly prefix: string;
  /** The channel of foreign programs in Redis. */
  readonly channel: string | undefined;
  readonly publishToken: string | undefined;
  readonly metricsToken: string | undefined;
  readonly isQuiet: boolean;
}

const MAX_WORKERS = 256;

/** The settings of `halyard chat`; undefined if help is asked for. Throws a `UsageError`. */
export function parseChatSettings(args: readonly string[], env: NodeJS.ProcessEnv): ChatSettings | undefined {
  const { values } = parseOptions({
    args: [...args],
    options: {
      port: { type: 'string', short: 'p' },
      host: { type: 'string' },
      origins: { type: 'string' },
      workers: { type: 'string', short: 'w' },
      redis: { type: 'string' },
      'redis-cluster': { type: 'boolean' },
      'redis-any-cert': { type: 'boolean' },
      channel: { type: 'string' },
      prefix: { type: 'string' },
      quiet: { type: 'boolean', short: 'q' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  return {
    port: parsePort(values.port ?? (env['PORT'] || '8080')),
    host: (values.host ?? env['HOST']) || undefined,
    origins: parseOrigins(values.origins ?? env['ORIGINS']),
    workers: parseWorkers(values.workers ?? (env['WEB_CONCURRENCY'] || '1')),
    redis: parseRedis(values.redis ?? (env['REDIS_URL'] || env['REDISCLOUD_URL'] || env['REDIS_TLS_URL'])),
    isRedisCluster: values['redis-cluster'] ?? env['REDIS_CLUSTER'] === '1',
    takesAnyCertificate: values['redis-any-cert'] ?? env['REDIS_TLS_REJECT_UNAUTHORIZED'] === '0',
    channel: (values.channel ?? env['REDIS_CHANNEL']) || undefined,
    prefix: values.prefix ?? (env['REDIS_PREFIX'] || 'halyard:'),
    publishToken: env['PUBLISH_TOKEN'] || undefined,
    metricsToken: env['METRICS_TOKEN'] || undefined,
    isQuiet: values.quiet ?? false,
  };
}

function parseWorkers(text: string): number {
  const workers = Number(text);
  if (!Number.isInteger(workers) || workers < 1 || workers > MAX_WORKERS) {
    throw new UsageError(`no number of workers: ${JSON.stringify(text)}; 1 to ${MAX_WORKERS}`);
  }
  return workers;
}

function parseRedis(url: string | undefined): string | undefined {
  // The URL is not repeated: it has a password.
  if (url && !(URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol))) {
    throw new UsageError('the URL of Redis begins with redis:// or rediss://');
  }
  return url || undefined;
}
