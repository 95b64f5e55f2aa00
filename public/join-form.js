// @ts-check
import { byId } from './dom.js';
import { nameProblem, roomProblem } from './rules.js';

/** Where a name and a room are picked. */
export class JoinForm {
  #name = byId('name', HTMLInputElement);
  #room = byId('room', HTMLInputElement);

  /** @param {(name: string, room: string) => void} enter called with what keeps the rules */
  constructor(enter) {
    byId('join', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const name = this.#name.value.trim().normalize('NFC');
      const room = this.#room.value.trim().replace(/^#/, '');
      this.#tell(this.#name, nameProblem(name));
      this.#tell(this.#room, roomProblem(room));
      const wrong = [this.#name, this.#room].find((input) => input.getAttribute('aria-invalid') === 'true');
      if (wrong) wrong.focus();
      else enter(name, room);
    });
    for (const input of [this.#name, this.#room]) input.addEventListener('input', () => this.#tell(input, ''));
  }

  /**
   * @param {string} name
   * @param {string} room
   */
  fill(name, room) {
    this.#name.value = name;
    this.#room.value = room;
  }

  focus() {
    (this.#name.value !== '' && this.#room.value === '' ? this.#room : this.#name).focus();
  }

  /**
   * The server refused what was filled in.
   *
   * @param {string} problem
   * @param {'name' | 'room'} field
   */
  refuse(problem, field) {
    const input = field === 'room' ? this.#room : this.#name;
    this.#tell(input, problem);
    input.focus();
    input.select();
  }

  /**
   * @param {HTMLInputElement} input
   * @param {string} problem
   */
  #tell(input, problem) {
    byId(`${input.id}-error`, HTMLElement).textContent = problem;
    input.setAttribute('aria-invalid', String(problem !== ''));
  }
}
