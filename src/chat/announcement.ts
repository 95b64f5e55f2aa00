import type { Payload } from '../pubsub/backplane.ts';
import type { Person } from './people.ts';
import type { RoomStates } from './state-parts.ts';

/** What processes tell each other about their people. `count` counts the changes of a process, to notice lost ones. */
export type Announcement = { readonly from: string } & (
  | { readonly type: 'enter'; readonly count: number; readonly room: string; readonly person: Person }
  | { readonly type: 'exit'; readonly count: number; readonly room: string; readonly person: string }
  /** Everybody here, in parts that are counted from 0, and a sign of life. */
  | {
      readonly type: 'state';
      readonly count: number;
      readonly part: number;
      readonly isLast: boolean;
      readonly rooms: RoomStates;
    }
  /** A sign of life. */
  | { readonly type: 'alive'; readonly count: number }
  /** Asks the others for their state. */
  | { readonly type: 'hello' }
  /** The process ends; its people come back elsewhere or not. */
  | { readonly type: 'bye' }
);

/** The backplane's channel for announcements. No room can have this name: rooms have no space. */
export const PRESENCE_CHANNEL = 'chat presence';

export const encodeAnnouncement = (announcement: Announcement): string => JSON.stringify(announcement);

/** Undefined for what is none: on a shared Redis anybody may publish anything. */
export function parseAnnouncement(message: Payload): Announcement | undefined {
  if (typeof message !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(message);
    return isAnnouncement(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isAnnouncement(value: unknown): value is Announcement {
  if (typeof value !== 'object' || value === null) return false;
  const { from, type, count, room, person, rooms, part, isLast } = value as Record<string, unknown>;
  if (typeof from !== 'string') return false;
  if (type === 'hello' || type === 'bye') return true;
  if (!Number.isSafeInteger(count)) return false;
  if (type === 'alive') return true;
  if (type === 'state') {
    return (
      Number.isSafeInteger(part) && typeof isLast === 'boolean' && Array.isArray(rooms) && rooms.every(isRoomState)
    );
  }
  if (typeof room !== 'string') return false;
  return (type === 'enter' && isPerson(person)) || (type === 'exit' && typeof person === 'string');
}

function isRoomState(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === 'string' && Array.isArray(value[1]) && value[1].every(isPerson);
}

function isPerson(value: unknown): value is Person {
  if (typeof value !== 'object' || value === null) return false;
  const { person, name, since } = value as Record<string, unknown>;
  return typeof person === 'string' && typeof name === 'string' && Number.isFinite(since);
}
