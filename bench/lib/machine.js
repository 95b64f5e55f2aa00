import { cpus, totalmem } from 'node:os';
import { placement } from './cpus.js';

/** Where the figures come from; nothing that names the machine or its user. */
export const machine = () => ({
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  cpu: cpus()[0]?.model ?? 'unknown',
  cpus: cpus().length,
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  pinned: placement !== undefined,
});
