import type { PerMessageDeflateOptions } from './deflate-options.ts';
import {
  type DeflateParams,
  encodeParameters,
  MAX_WINDOW_BITS,
  parseParameters,
  PERMESSAGE_DEFLATE,
  type WrittenParameters,
} from './deflate-parameters.ts';
import type { Extension } from './extensions.ts';

/** What a client asks for; by default it only leaves its own window to the server. RFC 7692 §7.1. */
export function offerDeflate(options: PerMessageDeflateOptions = {}): Extension {
  return encodeParameters(offered(options));
}

function offered(options: PerMessageDeflateOptions): WrittenParameters {
  const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits } = options;
  const clientMaxWindowBits = options.clientMaxWindowBits ?? true;
  return {
    serverNoContextTakeover,
    clientNoContextTakeover,
    serverMaxWindowBits: numberOf(serverMaxWindowBits),
    clientMaxWindowBits: clientMaxWindowBits === false ? undefined : clientMaxWindowBits,
  };
}

/** What a server says to a client's offers. */
export interface AcceptedDeflate {
  readonly params: DeflateParams;
  readonly response: Extension;
}

/**
 * Takes the first of a client's offers that a server with these options can accept. §5.1, §7.1: an offer that is
 * malformed, or asks for what the options rule out, is passed over; `undefined` if that leaves none. Offers of other
 * extensions are passed over too.
 */
export function acceptDeflate(
  offers: readonly Extension[],
  options: PerMessageDeflateOptions = {},
): AcceptedDeflate | undefined {
  for (const offer of offers) {
    if (offer.name !== PERMESSAGE_DEFLATE) continue;
    const written = parseOffer(offer);
    if (written === undefined || !isAcceptable(written, options)) continue;
    const answer = answerTo(written, options);
    return { params: paramsOf(answer), response: encodeParameters(answer) };
  }
  return undefined;
}

function parseOffer(offer: Extension): WrittenParameters | undefined {
  try {
    return parseParameters(offer.params);
  } catch {
    // §7.1: such an offer is declined, and the next one may do.
    return undefined;
  }
}

function isAcceptable(offer: WrittenParameters, options: PerMessageDeflateOptions): boolean {
  if (offer.serverNoContextTakeover === true && options.serverNoContextTakeover === false) return false;
  if (offer.serverMaxWindowBits !== undefined) {
    if (options.serverMaxWindowBits === false) return false;
    if (exceeds(options.serverMaxWindowBits, offer.serverMaxWindowBits)) return false;
  }
  if (typeof options.clientMaxWindowBits !== 'number') return true;
  // §7.1.2.2: only a client that named the parameter can be told its window.
  if (offer.clientMaxWindowBits === undefined) return false;
  return offer.clientMaxWindowBits === true || !exceeds(options.clientMaxWindowBits, offer.clientMaxWindowBits);
}

function answerTo(offer: WrittenParameters, options: PerMessageDeflateOptions): WrittenParameters {
  const { clientMaxWindowBits } = options;
  return {
    serverNoContextTakeover: offer.serverNoContextTakeover === true || options.serverNoContextTakeover === true,
    clientNoContextTakeover: offer.clientNoContextTakeover === true || options.clientNoContextTakeover === true,
    serverMaxWindowBits: numberOf(options.serverMaxWindowBits) ?? offer.serverMaxWindowBits,
    clientMaxWindowBits:
      clientMaxWindowBits === false
        ? undefined
        : (numberOf(clientMaxWindowBits) ?? numberOf(offer.clientMaxWindowBits)),
  };
}

/**
 * Checks a server's answer against what `offerDeflate(options)` asked for, and gives what holds from then on. Throws an
 * Error that says what is wrong: the client fails the connection (§5.1, §7.1). A server may promise more than it was
 * asked for, and may always tell the client to drop its context, unless `clientNoContextTakeover` is `false`.
 */
export function confirmDeflate(response: Extension, options: PerMessageDeflateOptions = {}): DeflateParams {
  const offer = offered(options);
  const answer = parseParameters(response.params);
  if (offer.serverNoContextTakeover === true && answer.serverNoContextTakeover !== true) {
    throw new Error('Missing parameter "server_no_context_takeover"');
  }
  if (options.clientNoContextTakeover === false && answer.clientNoContextTakeover === true) {
    throw new Error('Unexpected parameter "client_no_context_takeover"');
  }
  if (offer.serverMaxWindowBits !== undefined && (answer.serverMaxWindowBits ?? Infinity) > offer.serverMaxWindowBits) {
    throw new Error('Missing or invalid parameter "server_max_window_bits"');
  }
  if (answer.clientMaxWindowBits === true) {
    throw new TypeError('Invalid value for parameter "client_max_window_bits": true');
  }
  if (answer.clientMaxWindowBits !== undefined) {
    if (offer.clientMaxWindowBits === undefined || exceeds(answer.clientMaxWindowBits, offer.clientMaxWindowBits)) {
      throw new Error('Unexpected or invalid parameter "client_max_window_bits"');
    }
  }
  return paramsOf({
    ...answer,
    // §7.1.1.2, §7.1.2.2: what a client announces about itself it keeps to, whatever the answer.
    clientNoContextTakeover: answer.clientNoContextTakeover === true || offer.clientNoContextTakeover === true,
    clientMaxWindowBits: answer.clientMaxWindowBits ?? numberOf(offer.clientMaxWindowBits),
  });
}

function paramsOf(answer: WrittenParameters): DeflateParams {
  return {
    serverNoContextTakeover: answer.serverNoContextTakeover === true,
    clientNoContextTakeover: answer.clientNoContextTakeover === true,
    serverMaxWindowBits: answer.serverMaxWindowBits ?? MAX_WINDOW_BITS,
    clientMaxWindowBits: numberOf(answer.clientMaxWindowBits) ?? MAX_WINDOW_BITS,
  };
}

function numberOf(value: number | boolean | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Whether both are numbers and the first is the larger one. */
function exceeds(value: number | boolean | undefined, limit: number | true): boolean {
  return typeof value === 'number' && limit !== true && value > limit;
}
