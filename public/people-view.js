// @ts-check
import { byId, el } from './dom.js';
import { flag, letterOf } from './flags.js';

/** @typedef {import('./people.js').Person} Person */

/** Who is here: always in sight where there is room, behind a button with their number on a phone. */
export class PeopleView {
  #list = byId('people', HTMLElement);
  #panel = byId('people-panel', HTMLElement);
  #button = byId('people-button', HTMLButtonElement);
  #count = byId('people-count', HTMLElement);
  #invite = byId('invite', HTMLButtonElement);

  constructor() {
    this.#offerLink();
    this.#button.addEventListener('click', () => this.#open(this.#button.getAttribute('aria-expanded') !== 'true'));
    this.#panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
    this.#button.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
    document.addEventListener('click', ({ target }) => {
      if (!(target instanceof Node) || this.#panel.contains(target) || this.#button.contains(target)) return;
      this.#open(false);
    });
  }

  /** Offers the address to copy, where the browser lets a page do that. */
  #offerLink() {
    if (!navigator.clipboard) return;
    const label = this.#invite.textContent;
    this.#invite.hidden = false;
    this.#invite.addEventListener('click', async () => {
      // A browser may ask its user, who may say no.
      const isCopied = await navigator.clipboard.writeText(location.href).then(
        () => true,
        () => false,
      );
      this.#invite.textContent = isCopied ? 'Copied' : 'Copy it from the address bar';
      setTimeout(() => (this.#invite.textContent = label), 2_000);
    });
  }

  /**
   * @param {Person[]} people
   * @param {string} me
   */
  show(people, me) {
    const label = people.length === 1 ? '1 person here' : `${people.length} people here`;
    this.#button.setAttribute('aria-label', label);
    this.#button.title = label;
    this.#count.textContent = String(people.length);
    for (const total of this.#panel.querySelectorAll('.total')) total.textContent = String(people.length);
    this.#list.replaceChildren(...people.map(({ person, name }) => entry(name, person === me)));
  }

  close() {
    if (this.#button.getAttribute('aria-expanded') !== 'true') return;
    this.#open(false);
    this.#button.focus();
  }

  /** @param {boolean} isOpen */
  #open(isOpen) {
    this.#button.setAttribute('aria-expanded', String(isOpen));
    this.#panel.classList.toggle('open', isOpen);
  }
}

/**
 * @param {string} name
 * @param {boolean} isMe
 */
function entry(name, isMe) {
  const item = el('li', {}, flag(letterOf(name)), el('bdi', { class: 'name' }, name));
  if (isMe) item.append(el('span', { class: 'you' }, 'you'));
  return item;
}
