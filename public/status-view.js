// @ts-check
import { byId } from './dom.js';
import { ended } from './words.js';

/** @typedef {import('./session.js').Status} Status */

/** A retry sooner than this is not worth a banner. */
const SHORT = 300;

const WORDS = {
  connecting: 'Connecting …',
  joining: 'Joining …',
  online: 'Connected',
  waiting: 'Offline',
  ended: 'Disconnected',
};

/** Tells how the connection is: in a word in the head, and in a banner when there is something to know or to do. */
export class StatusView {
  #light = byId('status', HTMLElement);
  #word = byId('status-word', HTMLElement);
  #banner = byId('banner', HTMLElement);
  #said = byId('banner-text', HTMLElement);
  #countdown = byId('countdown', HTMLElement);
  #button = byId('banner-button', HTMLButtonElement);
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;
  #wasOnline = false;

  /** @param {() => void} tryNow */
  constructor(tryNow) {
    this.#button.addEventListener('click', tryNow);
  }

  /** A session begins: its first connection is not a return. */
  reset() {
    this.#wasOnline = false;
    this.#hide();
  }

  /** @param {Status} status */
  show(status) {
    clearInterval(this.#ticking);
    this.#countdown.textContent = '';
    const { kind } = status;
    this.#light.dataset.kind = kind;
    const isReturn = this.#wasOnline && (kind === 'connecting' || kind === 'joining');
    this.#say(this.#word, isReturn ? 'Reconnecting …' : WORDS[kind]);
    switch (status.kind) {
      case 'online':
        this.#wasOnline = true;
        return this.#hide();
      case 'waiting':
        if (status.delay >= SHORT || !this.#banner.hidden) this.#wait(status.delay);
        return;
      case 'ended':
        this.#open(ended(status.code), 'Reconnect');
    }
  }

  /** @param {string} text from the server */
  notice(text) {
    this.#open(text, '');
  }

  /** @param {number} delay */
  #wait(delay) {
    this.#open(
      this.#wasOnline
        ? 'The connection is lost. What you write is kept here and sent when it is back.'
        : 'The server cannot be reached.',
      'Try now',
    );
    const end = performance.now() + delay;
    const tick = () => {
      const seconds = Math.ceil((end - performance.now()) / 1_000);
      this.#countdown.textContent = seconds > 0 ? `Next try in ${seconds}\u00a0s.` : '';
    };
    tick();
    this.#ticking = setInterval(tick, 250);
  }

  /**
   * @param {string} text
   * @param {string} button its label, or '' for none
   */
  #open(text, button) {
    this.#banner.hidden = false;
    this.#say(this.#said, text);
    this.#button.hidden = button === '';
    this.#button.textContent = button;
  }

  #hide() {
    clearInterval(this.#ticking);
    this.#banner.hidden = true;
    this.#said.textContent = '';
  }

  /**
   * The same words again would be read out again.
   *
   * @param {HTMLElement} element
   * @param {string} text
   */
  #say(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }
}
