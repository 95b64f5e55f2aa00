import type { Keeper } from '../socket/types.ts';

/** Whoever has the sockets. */
export interface RosterOwner<Socket> {
  /** An error of a socket on which nobody listens to 'error'. */
  unheardError(error: Error, socket: Socket): void;
  /** A socket is closed, and no longer among the others. */
  socketLeft(): void;
}

/**
 * The open sockets of a server: a chain, of which a `Set` is made when somebody asks for it. Where connections come and
 * go, a Set is renewed all the time, and those of its tables that the garbage collector has once taken for lasting keep
 * all later ones alive, and with them the sockets that were open then: half of the time spent on collecting.
 */
export class Roster<Socket> {
  readonly owner: RosterOwner<Socket>;
  #first: Seat<Socket> | undefined;
  #last: Seat<Socket> | undefined;
  #size = 0;
  #sockets: Set<Socket> | undefined;

  constructor(owner: RosterOwner<Socket>) {
    this.owner = owner;
  }

  get size(): number {
    return this.#sockets?.size ?? this.#size;
  }

  /** All of them, in the order in which they came, now and from now on. */
  get sockets(): Set<Socket> {
    if (this.#sockets === undefined) {
      this.#sockets = new Set();
      for (let seat = this.#first; seat !== undefined; seat = seat.after) this.#sockets.add(seat.socket);
    }
    return this.#sockets;
  }

  /** From now on they are in this one as well, with what it has. */
  set sockets(sockets: Set<Socket>) {
    this.#sockets = sockets;
  }

  add(socket: Socket): Keeper {
    const seat = new Seat(socket, this, this.#last);
    if (this.#last === undefined) this.#first = seat;
    else this.#last.after = seat;
    this.#last = seat;
    this.#size++;
    this.#sockets?.add(socket);
    return seat;
  }

  remove(seat: Seat<Socket>): void {
    const { before, after } = seat;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    // Or else the dead would hold the living.
    seat.before = undefined;
    seat.after = undefined;
    this.#size--;
    this.#sockets?.delete(seat.socket);
  }
}

/** A socket's place among the others. */
class Seat<Socket> implements Keeper {
  readonly socket: Socket;
  readonly #roster: Roster<Socket>;
  before: Seat<Socket> | undefined;
  after: Seat<Socket> | undefined;

  constructor(socket: Socket, roster: Roster<Socket>, before: Seat<Socket> | undefined) {
    this.socket = socket;
    this.#roster = roster;
    this.before = before;
  }

  unheardError(error: Error): void {
    this.#roster.owner.unheardError(error, this.socket);
  }

  closed(): void {
    this.#roster.remove(this);
    this.#roster.owner.socketLeft();
  }
}
