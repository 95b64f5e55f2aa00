import { decode } from './micro/decode.js';
import { deflate } from './micro/deflate.js';
import { encode } from './micro/encode.js';
import { mask } from './micro/mask.js';
import { parse } from './micro/parse.js';
import { utf8 } from './micro/utf8.js';
import { chunksBench } from './scaling/chunks.js';
import { connectionsBench } from './scaling/connections.js';
import { dribbleBench } from './scaling/dribble.js';
import { fragmentsBench } from './scaling/fragments.js';
import { sizesBench } from './scaling/sizes.js';
import { broadcast } from './whole/broadcast.js';
import { compressed } from './whole/compressed.js';
import { conversation } from './whole/conversation.js';
import { echo } from './whole/echo.js';
import { handshakes } from './whole/handshakes.js';
import { http } from './whole/http.js';
import { hub } from './whole/hub.js';
import { idle } from './whole/idle.js';
import { pubsubHttp } from './whole/pubsub-http.js';
import { pubsub } from './whole/pubsub.js';
import { receive } from './whole/receive.js';
import { sends } from './whole/sends.js';
import { workers } from './whole/workers.js';

const micro = [parse, mask, utf8, decode, encode, deflate];
const whole = [echo, sends, broadcast, conversation, handshakes, compressed, receive, idle, http];
const shared = [hub, workers, pubsub, pubsubHttp];
const scaling = [sizesBench, fragmentsBench, chunksBench, dribbleBench, connectionsBench];

/** All benches, in the order in which they run. @type {readonly import('./lib/context.js').Bench[]} */
export const benches = [...micro, ...whole, ...shared, ...scaling];
