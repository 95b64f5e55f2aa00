/**
 * Measures every variant once per round, so that whatever slows the machine for a while hits all of them, and starts
 * each round with another variant, so that none always follows the same one.
 *
 * @template Sample
 * @param {readonly string[]} variants
 * @param {number} rounds
 * @param {(variant: string, round: number) => Promise<Sample>} measure
 * @returns {Promise<Record<string, Sample[]>>} the samples of each variant in the order of the rounds
 */
export async function interleave(variants, rounds, measure) {
  /** @type {Record<string, Sample[]>} */
  const samples = Object.fromEntries(variants.map((variant) => [variant, []]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < variants.length; i++) {
      const variant = variants[(i + round) % variants.length];
      samples[variant].push(await measure(variant, round));
    }
  }
  return samples;
}
