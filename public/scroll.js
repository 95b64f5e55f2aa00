// @ts-check
/** Closer to the end than this many pixels counts as reading the newest. */
const NEAR = 80;

/**
 * Keeps the end in sight of someone who reads the newest messages, and leaves alone someone who reads older ones: they
 * get a button with the number of what came meanwhile.
 */
export class Scroll {
  #scroller;
  #button;
  #isAtEnd = true;
  #unread = 0;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} button
   */
  constructor(scroller, button) {
    this.#scroller = scroller;
    this.#button = button;
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    button.addEventListener('click', () => {
      this.toEnd();
      scroller.focus();
    });
    // A keyboard on the screen, a growing input or a turned phone take space away.
    new ResizeObserver(() => this.follow()).observe(scroller);
  }

  toEnd() {
    this.#isAtEnd = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#count(0);
  }

  /** After something was added that nobody has to be told of. */
  follow() {
    if (this.#isAtEnd) this.toEnd();
  }

  /** After a message was added. */
  added() {
    if (this.#isAtEnd) this.toEnd();
    else this.#count(this.#unread + 1);
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.#isAtEnd) this.#count(0);
  }

  /** @param {number} unread */
  #count(unread) {
    this.#unread = unread;
    this.#button.hidden = unread === 0;
    this.#button.textContent = unread === 1 ? '1 new message' : `${unread} new messages`;
  }
}
