/** The key twice, written as 32 bits and read as 64 by who masks so many at a time: making a bigint of a number allocates. */
export const key32 = new Int32Array(2);
export const key64 = new BigUint64Array(key32.buffer);
