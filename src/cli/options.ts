import { parseArgs, type ParseArgsConfig } from 'node:util';
import { LONGEST_TIMER } from '../socket/check-options.ts';
import { UsageError } from './usage-error.ts';

/** `parseArgs` whose complaints are `UsageError`s. */
export function parseOptions<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A port from the command line or the environment, 0 for any free one. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new UsageError(`no port: ${JSON.stringify(text)}; a number up to 65535, 0 for any that is free`);
  }
  return port;
}

/** Seconds from the command line, as the milliseconds of a timer. */
export function parseSeconds(text: string): number {
  const milliseconds = Number(text) * 1_000;
  if (text.trim() !== '' && milliseconds >= 0 && milliseconds <= LONGEST_TIMER) return milliseconds;
  throw new UsageError(`no number of seconds: ${JSON.stringify(text)}; at most ${Math.floor(LONGEST_TIMER / 1_000)}`);
}

/** Origins like `https://app.example`, between commas or white space; undefined if there are none. */
export function parseOrigins(text: string | undefined): readonly string[] | undefined {
  const origins = (text ?? '').split(/[\s,]+/).filter(Boolean);
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new UsageError(`no origin: ${JSON.stringify(origin)}; write it like https://app.example`);
    }
  }
  return origins.length === 0 ? undefined : origins;
}

/** What to print for an address that was asked for: what a person on this machine opens. */
export function urlOf(scheme: 'http' | 'ws', host: string | undefined, port: number): string {
  const isAny = host === undefined || host === '' || host === '0.0.0.0' || host === '::';
  const name = isAny ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `${scheme}://${name}:${port}`;
}
