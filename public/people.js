// @ts-check
/**
 * @typedef {{ person: string, name: string }} Person
 */

/** Who is in the room, in the order in which they came; one entry per person. */
export class People {
  /** @type {Map<string, Person>} */
  #byId = new Map();

  get all() {
    return [...this.#byId.values()];
  }

  /** @param {Person[]} people */
  replace(people) {
    this.#byId = new Map(people.map((person) => [person.person, person]));
  }

  /**
   * False if it changes nothing.
   *
   * @param {Person & { event: string }} presence
   */
  apply({ event, person, name }) {
    if (event === 'leave') return this.#byId.delete(person);
    if (event !== 'join' || this.#byId.has(person)) return false;
    this.#byId.set(person, { person, name });
    return true;
  }
}
