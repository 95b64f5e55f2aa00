import { Buffer } from 'node:buffer';
import { lendKernelSlab, slabsInFlight } from './kernel-slabs.ts';
import type { SharedFrames } from './shared-frames.ts';
import { Slab } from './slab.ts';
import { LARGEST_SLAB, lendSlab } from './slabs.ts';

const NO_SLAB = new Slab(Buffer.alloc(0));

/** Called when the bytes of a send have been handed to the transport, or could not be. */
export type SendCallback = (error?: Error | null) => void;

/**
 * Encoded frames on their way out, in order: small ones copied behind each other, large ones by reference. Whoever
 * owns the transport takes everything at once, so that all frames of one tick leave in one write; it extends this, as
 * what every `send` needs is to lie in one place: in a broadcast, memory that is not in the cache is most of the cost.
 *
 * To add bytes: `reserve` room, fill `slab` from the offset on, `commit` what was filled. Nothing else may be called
 * between the two.
 */
export class Outbox {
  // What every frame needs comes first.
  /** Why what is sent cannot simply be added, as bits (`Hindrance`): one look at one place, which mostly says 0. */
  protected hindrances = 0;
  #length = 0;
  /** What is shared with others goes first; it is followed by more only as long as nothing else is. */
  #shared: SharedFrames | undefined;
  /** What came by reference, and the runs of bytes before each. */
  #pieces: Uint8Array[] | undefined;
  /** Whether what comes is taken soon, and few others have something meanwhile: a large slab is not missed by anybody. */
  roomy = false;
  #callbacks: SendCallback[] | undefined;

  /** The memory at hand, to be filled from the offset that `reserve` returned. */
  slab = NO_SLAB;
  #used = 0;
  #from = 0;
  /** Whether to write to memory of the kernel, in which masking is fastest, and which must come back. */
  inKernel = false;
  #slabs: Slab[] | undefined;
  /** One of the kernel's that was had before. It is mostly free again, and to ask its pool takes longer than to write a header. */
  #usual: Slab | undefined;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  /** Whether neither bytes nor callbacks wait. */
  get isEmpty(): boolean {
    return this.#length === 0 && this.#callbacks === undefined;
  }

  /** Makes room for `size` contiguous bytes and returns the offset in `slab` where it begins. */
  reserve(size: number): number {
    if (this.#used + size > this.slab.bytes.length) this.#makeRoom(size);
    return this.#used;
  }

  /** Counts `size` bytes as written at the offset that `reserve` returned. */
  commit(size: number): void {
    this.#used += size;
    this.#fill(size);
  }

  /** Adds bytes by reference; they must stay as they are until they are sent. */
  append(bytes: Uint8Array): void {
    this.#closePiece();
    (this.#pieces ??= []).push(bytes);
    this.#fill(bytes.length);
  }

  /** Adds a frame that others are sent as well. */
  appendShared(frame: SharedFrames): void {
    const joined = this.#length === 0 ? frame : this.#join(frame);
    if (joined === undefined) return this.append(frame.bytes);
    this.#shared = joined;
    this.#fill(frame.length);
  }

  /** Calls back when all that is in the outbox now has been handed over, with an error if it could not be. */
  onTaken(callback: SendCallback): void {
    (this.#callbacks ??= []).push(callback);
    if (this.#length === 0) this.filled();
  }

  /** Hands over everything that waits, in order. Call `recycle` when none of it is needed any more. */
  take(): readonly Uint8Array[] {
    this.#closePiece();
    const pieces = this.#pieces ?? [];
    if (this.#shared !== undefined) pieces.unshift(this.#shared.bytes);
    this.#shared = undefined;
    this.#pieces = undefined;
    this.#length = 0;
    return pieces;
  }

  /**
   * The same for what is most often all there is: one run of bytes in memory that is lent, or frames that are shared.
   * Undefined if it is not.
   */
  takeOne(): Buffer | undefined {
    const shared = this.#shared;
    if (this.#pieces !== undefined || this.#length === 0) return undefined;
    if (shared !== undefined) {
      if (this.#length > shared.length) return undefined;
      this.#shared = undefined;
      this.#length = 0;
      return shared.bytes;
    }
    const run = this.slab.view(this.#from, this.#used - this.#from);
    this.#from = this.#used;
    this.#length = 0;
    return run;
  }

  /** The callbacks of what `take` handed over. */
  takeCallbacks(): readonly SendCallback[] | undefined {
    const callbacks = this.#callbacks;
    this.#callbacks = undefined;
    return callbacks;
  }

  /** Whether pieces that `take` handed over lie in memory that `recycle` would have written again. */
  get isLent(): boolean {
    return this.slab !== NO_SLAB;
  }

  /** What was taken is not read by anybody any more: its memory may be used again. */
  recycle(): void {
    const { slab } = this;
    if (slab === this.#usual && slabsInFlight === 0) slab.isFree = true;
    else this.#giveBack(slab);
    this.#slabs?.forEach((one) => this.#giveBack(one));
    this.#letGo();
  }

  /**
   * What was taken may still be read: its memory is left to the garbage collector. Memory of the kernel cannot be: it is
   * used again when `isOver` says that all is read.
   */
  forget(isOver?: () => boolean): void {
    const { slab } = this;
    slab.pool?.forget(slab, isOver);
    this.#slabs?.forEach((one) => one.pool?.forget(one, isOver));
    this.#letGo();
  }

  /** The first bytes or callbacks came into an empty outbox: plan for taking them. */
  protected filled(): void {}

  #giveBack(slab: Slab): void {
    slab.pool?.takeBack(slab);
    if (slab.isFree && slab.isInKernel) this.#usual = slab;
  }

  #letGo(): void {
    this.slab = NO_SLAB;
    this.#slabs = undefined;
    this.#used = 0;
    this.#from = 0;
  }

  /** The frame behind what waits, if nothing else does but shared ones. */
  #join(frame: SharedFrames): SharedFrames | undefined {
    const shared = this.#shared;
    return shared === undefined || this.#length > shared.length ? undefined : shared.with(frame);
  }

  #fill(size: number): void {
    const wasEmpty = this.#length === 0;
    this.#length += size;
    if (wasEmpty) this.filled();
  }

  /** Ends the run of bytes copied behind each other, so that something else may follow it. */
  #closePiece(): void {
    if (this.#used === this.#from) return;
    (this.#pieces ??= []).push(this.slab.view(this.#from, this.#used - this.#from));
    this.#from = this.#used;
  }

  /** The first slab is small if it may have to wait for the end of the tick, beside those of many others. */
  #makeRoom(size: number): void {
    if (this.slab !== NO_SLAB) return this.#grow(size);
    const wanted = this.roomy ? Math.max(size, LARGEST_SLAB) : size;
    const usual = this.#usual;
    if (usual?.isFree && this.inKernel && wanted <= usual.bytes.length) {
      usual.isFree = false;
      this.slab = usual;
    } else {
      this.slab = this.#lend(wanted);
    }
  }

  #lend(size: number): Slab {
    return (this.inKernel ? lendKernelSlab(size) : undefined) ?? lendSlab(size);
  }

  /** The run moves to a larger slab while it fits there; after that a new slab begins. */
  #grow(size: number): void {
    const run = this.#used - this.#from;
    if (run + size <= LARGEST_SLAB) {
      const wanted = this.roomy ? LARGEST_SLAB : Math.min(2 * run, LARGEST_SLAB);
      const larger = this.#lend(Math.max(run + size, wanted));
      if (run > 0) this.slab.bytes.copy(larger.bytes, 0, this.#from, this.#used);
      this.#replaceSlab(larger);
      this.#used = run;
    } else {
      this.#closePiece();
      this.#replaceSlab(this.#lend(Math.max(size, LARGEST_SLAB)));
      this.#used = 0;
    }
    this.#from = 0;
  }

  /** The old slab goes back at once if no piece points into it, else with the others. */
  #replaceSlab(slab: Slab): void {
    const old = this.slab;
    if (this.#from === 0) old.pool?.takeBack(old);
    else (this.#slabs ??= []).push(old);
    this.slab = slab;
  }
}
