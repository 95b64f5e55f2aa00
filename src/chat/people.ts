import { foldName } from './names.ts';

/** An entry of the list of people. */
export interface Person {
  /** The public id. */
  readonly person: string;
  readonly name: string;
  /** When they came, in milliseconds (with fractions), by the clock of their process: for the order of the list only. */
  readonly since: number;
}

interface Present extends Person {
  /** The processes that have a connection of this person. */
  readonly holders: Set<string>;
}

interface Room {
  readonly people: Map<string, Present>;
  /** Who has a name, by folded name. */
  readonly names: Map<string, string>;
}

/** Who is where, as all processes together see it. */
export class People {
  readonly #rooms = new Map<string, Room>();

  /** True if the person was nowhere in the room before. */
  add(room: string, holder: string, { person, name, since }: Person): boolean {
    const found = this.#rooms.get(room) ?? { people: new Map<string, Present>(), names: new Map<string, string>() };
    this.#rooms.set(room, found);
    const present = found.people.get(person);
    if (present) {
      present.holders.add(holder);
      return false;
    }
    found.people.set(person, { person, name, since, holders: new Set([holder]) });
    const folded = foldName(name);
    // Two processes may let in the same name at the same moment; the first one known keeps it.
    if (!found.names.has(folded)) found.names.set(folded, person);
    return true;
  }

  /** The person if this was their last process, and they are nowhere in the room any more. */
  remove(room: string, holder: string, person: string): Person | undefined {
    const found = this.#rooms.get(room);
    const present = found?.people.get(person);
    if (!found || !present?.holders.delete(holder) || present.holders.size > 0) return undefined;
    found.people.delete(person);
    const folded = foldName(present.name);
    if (found.names.get(folded) === person) found.names.delete(folded);
    if (found.people.size === 0) this.#rooms.delete(room);
    return present;
  }

  /** In the order in which they came. */
  list(room: string): Person[] {
    const people = [...(this.#rooms.get(room)?.people.values() ?? [])];
    return people
      .toSorted((a, b) => a.since - b.since || (a.person < b.person ? -1 : 1))
      .map(({ person, name, since }) => ({ person, name, since }));
  }

  /** Who has a name that folds to the same. */
  holderOf(room: string, name: string): string | undefined {
    return this.#rooms.get(room)?.names.get(foldName(name));
  }

  /** Everything that a process holds. */
  heldBy(holder: string): { readonly room: string; readonly person: Person }[] {
    return [...this.#rooms].flatMap(([room, { people }]) =>
      [...people.values()].filter(({ holders }) => holders.has(holder)).map((person) => ({ room, person })),
    );
  }
}
