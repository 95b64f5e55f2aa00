// @ts-check
import { el } from './dom.js';
import { flag, letterOf } from './flags.js';
import { textNodes } from './links.js';
import { dateAndTime, dayName, dayOf, timeOfDay } from './times.js';

/**
 * @typedef {import('./session.js').Message} Message
 * @typedef {import('./outbox.js').Unsent} Unsent
 */

/** Messages of one person within this time stand together under one name. */
const TOGETHER = 5 * 60_000;
/** Older entries are taken off the page. */
const MOST = 1_500;
/** So many presence events share a line. */
const EVENTS_PER_LINE = 6;

/** The list of messages, with days, events and gaps between them, and the pending ones at its end. */
export class LogView {
  #list;
  #pending;
  /** @type {{ from: string, time: number } | undefined} The message that the next one may stand under. */
  #previous;
  #day = 0;
  /** @type {{ element: HTMLElement, count: number } | undefined} The line that the next event may join. */
  #events;

  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} pending
   */
  constructor(list, pending) {
    this.#list = list;
    this.#pending = pending;
  }

  clear() {
    this.#list.replaceChildren();
    this.#pending.replaceChildren();
    this.#break();
    this.#day = 0;
  }

  /**
   * @param {Message} message
   * @param {boolean} isMine
   */
  add({ person, key, name, text, time }, isMine) {
    if (isMine && key !== undefined) this.#find(key)?.remove();
    this.#separateDays(time);
    const from = person ?? `? ${name}`;
    const follows = this.#previous?.from === from && time - this.#previous.time < TOGETHER;
    const item = bubble({ name, text, time, isMine, follows });
    if (isMine) mark(item, 'Sent', 'sent');
    this.#append(item);
    this.#events = undefined;
    this.#previous = { from, time };
  }

  /** @param {Unsent} unsent */
  addPending({ key, text, time }) {
    const item = bubble({ name: 'You', text, time, isMine: true, follows: true });
    item.dataset.key = key;
    mark(item, 'Sending', 'sending');
    this.#pending.append(item);
  }

  /** @param {string} key */
  stored(key) {
    const item = this.#find(key);
    if (item) mark(item, 'Sent', 'sent');
  }

  /**
   * @param {string} key
   * @param {string} why
   * @param {(text: string) => void} edit is given the text when its sender wants it back
   */
  failed(key, why, edit) {
    const item = this.#find(key);
    if (!item) return;
    mark(item, 'Not sent', 'failed');
    const again = el('button', { type: 'button' }, 'Edit');
    const discard = el('button', { type: 'button' }, 'Discard');
    again.addEventListener('click', () => {
      item.remove();
      edit(item.querySelector('.text')?.textContent ?? '');
    });
    discard.addEventListener('click', () => item.remove());
    item.append(el('p', { class: 'why' }, why, el('span', {}, again, ' ', discard)));
  }

  /**
   * Who came and went; several in a row share a line.
   *
   * @param {string} what
   * @param {string} name
   * @param {number} time
   */
  event(what, name, time) {
    this.#separateDays(time);
    const piece = el('span', {}, el('bdi', {}, name), ` ${what}`);
    if (this.#events && this.#events.count < EVENTS_PER_LINE) {
      this.#events.element.append(', ', piece);
      this.#events.count++;
      return;
    }
    const element = el('li', { class: 'event' }, piece);
    this.#append(element);
    this.#break();
    this.#events = { element, count: 1 };
  }

  /** @param {string} text */
  gap(text) {
    this.#append(el('li', { class: 'gap' }, el('span', {}, text)));
    this.#break();
  }

  #break() {
    this.#previous = undefined;
    this.#events = undefined;
  }

  /** @param {number} time */
  #separateDays(time) {
    const day = dayOf(time);
    if (day <= this.#day) return;
    this.#day = day;
    this.#append(el('li', { class: 'day', 'data-day': String(day) }, el('span')));
    this.#break();
    // "Today" of yesterday is "Yesterday" now.
    for (const line of this.#list.querySelectorAll('.day')) {
      const label = line.firstElementChild;
      if (label && line instanceof HTMLElement) label.textContent = dayName(Number(line.dataset.day), Date.now());
    }
  }

  /** @param {Element} item */
  #append(item) {
    this.#list.append(item);
    while (this.#list.childElementCount > MOST) this.#list.firstElementChild?.remove();
  }

  /** @param {string} key @returns {HTMLElement | null} */
  #find(key) {
    return this.#pending.querySelector(`[data-key="${CSS.escape(key)}"]`);
  }
}

/** @param {{ name: string, text: string, time: number, isMine: boolean, follows: boolean }} message */
function bubble({ name, text, time, isMine, follows }) {
  const when = el(
    'time',
    { datetime: new Date(time).toISOString(), title: dateAndTime(time), dir: 'auto' },
    timeOfDay(time),
  );
  const who = el('b', { class: follows || isMine ? 'name unseen' : 'name', dir: 'auto' }, isMine ? 'You' : name);
  const words = el('span', { class: 'text' }, ...textNodes(text));
  const line = el('p', { dir: 'auto' }, words, ' ', el('span', { class: 'meta' }, when));
  const body = el('div', { class: 'bubble' }, who, line);
  const item = el('li', { class: ['message', isMine && 'mine', follows && 'follows'].filter(Boolean).join(' ') });
  if (!isMine) item.append(flag(letterOf(name)));
  item.append(body);
  return item;
}

/**
 * @param {Element} item
 * @param {string} label
 * @param {'sending' | 'sent' | 'failed'} state
 */
function mark(item, label, state) {
  const meta = item.querySelector('.meta');
  meta?.querySelector('.state')?.remove();
  meta?.append(el('span', { class: `state ${state}` }, el('span', { class: 'unseen' }, label)));
}
