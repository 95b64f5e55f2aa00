import { encode } from './micro/encode.js';
import { mask } from './micro/mask.js';
import { parse } from './micro/parse.js';
import { utf8 } from './micro/utf8.js';
import { broadcast } from './whole/broadcast.js';
import { compressed } from './whole/compressed.js';
import { echo } from './whole/echo.js';
import { handshakes } from './whole/handshakes.js';
import { sends } from './whole/sends.js';

/** All benches, in the order in which they run. @type {readonly import('./lib/context.js').Bench[]} */
export const benches = [parse, mask, utf8, encode, echo, sends, broadcast, handshakes, compressed];
