// @ts-check
/** Runs the client of the interop suite with the WebSocket of undici, and prints what it saw. */
import { WebSocket } from 'undici';
import { exercise } from '../../interop/whatwg-client.js';

Object.assign(globalThis, { WebSocket });
console.log(JSON.stringify(await exercise(process.argv[2] ?? '')));
