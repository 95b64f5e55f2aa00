/** Which end of the connection this is. Clients mask, servers end the transport; all else is the same. */
export type Role = 'server' | 'client';
