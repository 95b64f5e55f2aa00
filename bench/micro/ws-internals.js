import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** A file of ws that its `exports` do not name. @param {string} name */
export const wsFile = (name) => require(join(dirname(require.resolve('ws')), 'lib', name));
