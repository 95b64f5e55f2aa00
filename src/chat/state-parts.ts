import type { Person } from './people.ts';

/** People by room, as an announcement holds them. */
export type RoomStates = readonly (readonly [string, readonly Person[]])[];

export interface StatePart {
  readonly rooms: RoomStates;
  readonly isLast: boolean;
}

type Locals = ReadonlyMap<string, ReadonlyMap<string, { readonly person: Person }>>;

/** At least the bytes of a person in JSON: UTF-8 has up to three for each UTF-16 unit. */
const sizeOf = ({ person, name }: Person): number => 64 + person.length + 3 * name.length;

/**
 * Everybody, in parts of `maxBytes` of JSON and at most one entry more. A part is read when it is asked for: who has left since
 * the part before is in none; who has come is in a later one, or in none.
 */
export function* stateParts(locals: Locals, maxBytes: number): Generator<StatePart, void> {
  let rooms: [string, Person[]][] = [];
  let size = 0;
  for (const [room, people] of locals) {
    let part: Person[] | undefined;
    for (const { person } of people.values()) {
      if (!part) {
        part = [];
        rooms.push([room, part]);
        size += room.length + 8;
      }
      part.push(person);
      size += sizeOf(person);
      if (size < maxBytes) continue;
      yield { rooms, isLast: false };
      rooms = [];
      size = 0;
      part = undefined;
    }
  }
  yield { rooms, isLast: true };
}
