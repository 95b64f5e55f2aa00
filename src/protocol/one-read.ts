/** What Node reads of a socket at a time, at most: memory that is larger holds more than one read. */
export const ONE_READ = 65_536;
