// @ts-check
import { byId } from './dom.js';
import { lengthOf, MAX_TEXT } from './rules.js';

/** From here on the rest is counted. */
const NEAR_LIMIT = 400;
const MOST_ROWS = 6;
/** A hint stays long enough to be read, in milliseconds. */
const READING = 2_500;

/** Where messages are written. Enter sends, Shift and Enter begins a line. */
export class Composer {
  #form = byId('composer', HTMLFormElement);
  #input = byId('text', HTMLTextAreaElement);
  #label = byId('text-label', HTMLLabelElement);
  #count = byId('count', HTMLElement);
  #error = byId('text-error', HTMLElement);
  #hint = byId('text-hint', HTMLElement);
  #send;
  #changed;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #fading;

  /**
   * @param {object} to
   * @param {(text: string) => string} to.send answers what is wrong, or ''
   * @param {(text: string) => void} to.changed called with the draft whenever it changes
   */
  constructor({ send, changed }) {
    this.#send = send;
    this.#changed = changed;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener('keydown', (event) => {
      // While an input method composes, Enter belongs to it.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener('input', () => this.#edited());
  }

  /**
   * @param {string} room
   * @param {string} draft
   */
  enter(room, draft) {
    this.#label.textContent = `Message to ${room}`;
    this.#input.placeholder = `Message to ${room}`;
    this.#put(draft);
    this.hint('');
  }

  focus() {
    this.#input.focus();
  }

  /** @param {string} text of a message that its sender wants back */
  takeBack(text) {
    this.#put(this.#input.value.trim() === '' ? text : `${this.#input.value}\n${text}`);
    this.focus();
  }

  /** @param {string} text said politely below the input; '' takes it away when it could be read */
  hint(text) {
    clearTimeout(this.#fading);
    if (text !== '') this.#hint.textContent = text;
    else this.#fading = setTimeout(() => (this.#hint.textContent = ''), READING);
  }

  /** @param {string} text */
  #put(text) {
    this.#input.value = text;
    this.#edited();
  }

  #submit() {
    const text = this.#input.value.trim();
    if (text === '') return this.focus();
    const excess = tooLong(text);
    const problem = excess ? `Not sent: ${excess}` : this.#send(text);
    if (problem === '') this.#put('');
    else this.#fail(problem);
    this.focus();
  }

  #edited() {
    const text = this.#input.value;
    const left = MAX_TEXT - lengthOf(text.trim());
    this.#count.textContent = left < 0 || left > NEAR_LIMIT ? '' : `${characters(left)} left`;
    this.#fail(tooLong(text));
    this.#input.rows = Math.min(MOST_ROWS, text.split('\n').length);
    this.#form.classList.toggle('empty', text.trim() === '');
    this.#changed(text);
  }

  /** @param {string} problem */
  #fail(problem) {
    if (this.#error.textContent !== problem) this.#error.textContent = problem;
    this.#input.setAttribute('aria-invalid', String(problem !== ''));
  }
}

/** @param {number} count */
const characters = (count) => (count === 1 ? '1 character' : `${count} characters`);

/** @param {string} text */
function tooLong(text) {
  const over = lengthOf(text.trim()) - MAX_TEXT;
  return over > 0 ? `${characters(over)} too long for one message.` : '';
}
