import type { Extension } from './extensions.ts';

/** The name of the extension. RFC 7692 §7. */
export const PERMESSAGE_DEFLATE = 'permessage-deflate';

/** What both sides keep to for the life of a connection. RFC 7692 §7.1. */
export interface DeflateParams {
  /** Whether every message of the server begins with an empty window. */
  readonly serverNoContextTakeover: boolean;
  /** Whether every message of the client begins with an empty window. */
  readonly clientNoContextTakeover: boolean;
  /** 8 to 15: the server's window is 2 to that power, in bytes. */
  readonly serverMaxWindowBits: number;
  /** 8 to 15: the client's window is 2 to that power, in bytes. */
  readonly clientMaxWindowBits: number;
}

/** The window when nothing is said about it. */
export const MAX_WINDOW_BITS = 15;

/** The parameters of one offer or answer as they were written; `undefined` or `false` where one was not. */
export interface WrittenParameters {
  readonly serverNoContextTakeover?: boolean | undefined;
  readonly clientNoContextTakeover?: boolean | undefined;
  readonly serverMaxWindowBits?: number | undefined;
  /** `true`: named without a value, which only an offer may do. */
  readonly clientMaxWindowBits?: number | true | undefined;
}

/** §7.1.2: decimal, without leading zeros, 8 to 15. A quoted value is no such number, although it is a legal header. */
const WINDOW_BITS = new Map(Array.from({ length: 8 }, (_, i) => [String(i + 8), i + 8]));

/** Reads the parameters of an offer or an answer. §7.1. Throws an Error that says what is wrong with them. */
export function parseParameters(params: Extension['params']): WrittenParameters {
  const seen = new Set<string>();
  const written: { -readonly [Key in keyof WrittenParameters]: WrittenParameters[Key] } = {};
  for (const [name, value] of params) {
    if (seen.has(name)) throw new Error(`Parameter "${name}" must have only a single value`);
    seen.add(name);
    switch (name) {
      case 'server_no_context_takeover':
        written.serverNoContextTakeover = parseFlag(name, value);
        break;
      case 'client_no_context_takeover':
        written.clientNoContextTakeover = parseFlag(name, value);
        break;
      case 'server_max_window_bits':
        written.serverMaxWindowBits = parseWindowBits(name, value);
        break;
      case 'client_max_window_bits':
        written.clientMaxWindowBits = value === true ? true : parseWindowBits(name, value);
        break;
      default:
        throw new Error(`Unknown parameter "${name}"`);
    }
  }
  return written;
}

/** Writes an offer or an answer, the parameters always in the same order. */
export function encodeParameters(written: WrittenParameters): Extension {
  const params: [name: string, value: string | true][] = [];
  if (written.serverNoContextTakeover === true) params.push(['server_no_context_takeover', true]);
  if (written.clientNoContextTakeover === true) params.push(['client_no_context_takeover', true]);
  const { serverMaxWindowBits, clientMaxWindowBits } = written;
  if (serverMaxWindowBits !== undefined) params.push(['server_max_window_bits', String(serverMaxWindowBits)]);
  if (clientMaxWindowBits !== undefined) {
    params.push(['client_max_window_bits', clientMaxWindowBits === true ? true : String(clientMaxWindowBits)]);
  }
  return { name: PERMESSAGE_DEFLATE, params };
}

function parseFlag(name: string, value: string | true): true {
  if (value !== true) throw invalid(name, value);
  return true;
}

function parseWindowBits(name: string, value: string | true): number {
  const bits = value === true ? undefined : WINDOW_BITS.get(value);
  if (bits === undefined) throw invalid(name, value);
  return bits;
}

/** The text of `ws`, where `true` stands for a value that is missing. */
function invalid(name: string, value: string | true): Error {
  return new TypeError(`Invalid value for parameter "${name}": ${value}`);
}
