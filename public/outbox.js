// @ts-check
/**
 * @typedef {{ key: string, text: string, time: number }} Unsent A message that the log is not yet known to have.
 */

/** More than this a person does not type while a line is away. */
const MOST = 100;

/**
 * Own messages on their way to the log, in order. One is under way at a time, so that their order survives refusals
 * and reconnects; each keeps its key, so that the server stores it once however often it is sent.
 */
export class Outbox {
  /** @type {Unsent[]} */
  #waiting;
  /** @type {Map<string, { unsent: Unsent, id: string }>} Stored, but not yet seen among the room's messages. */
  #stored = new Map();
  /** @type {string | undefined} */
  #underWay;
  #changed;

  /**
   * @param {Unsent[]} waiting what an earlier page left
   * @param {(waiting: Unsent[]) => void} changed called with what waits whenever that changes
   */
  constructor(waiting, changed) {
    this.#waiting = waiting;
    this.#changed = changed;
  }

  get waiting() {
    return [...this.#waiting];
  }

  /**
   * False if as many wait as may.
   *
   * @param {Unsent} unsent
   */
  add(unsent) {
    if (this.#waiting.length >= MOST) return false;
    this.#waiting.push(unsent);
    this.#changed(this.#waiting);
    return true;
  }

  /** What to send now: nothing while one is under way. */
  next() {
    const [first] = this.#waiting;
    if (!first || this.#underWay !== undefined) return undefined;
    this.#underWay = first.key;
    return first;
  }

  /** Nothing is under way any more: the line was cut, or the server wants it again later. */
  recall() {
    this.#underWay = undefined;
  }

  /**
   * The log has it under `id`; its message may be still to come.
   *
   * @param {string} key
   * @param {string} id
   */
  stored(key, id) {
    const unsent = this.remove(key);
    if (unsent) this.#stored.set(key, { unsent, id });
  }

  /**
   * Its message was seen. True if it was ours and waited for that.
   *
   * @param {string} key
   */
  seen(key) {
    return this.#stored.delete(key) || this.remove(key) !== undefined;
  }

  /**
   * Takes it out: it was refused for good, or is taken back.
   *
   * @param {string} key
   */
  remove(key) {
    const at = this.#waiting.findIndex((unsent) => unsent.key === key);
    if (at === -1) return undefined;
    if (this.#underWay === key) this.#underWay = undefined;
    const [removed] = this.#waiting.splice(at, 1);
    this.#changed(this.#waiting);
    return removed;
  }

  /** Those whose messages may never come, since a piece of the log was lost. */
  takeStored() {
    const stored = [...this.#stored.values()];
    this.#stored.clear();
    return stored;
  }
}
