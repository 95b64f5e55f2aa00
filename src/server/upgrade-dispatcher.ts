import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** A WebSocket server that shares an HTTP server with others. */
export interface UpgradeTarget {
  shouldHandle(request: IncomingMessage): boolean;
  /** With the answer of `shouldHandle`, if that was asked: nobody needs to ask it again. */
  onUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer, answer?: Answer): void;
}

/** What `shouldHandle` returned, or throws what it threw. */
export type Answer = () => boolean;

const yes: Answer = () => true;
const no: Answer = () => false;

interface Dispatcher {
  readonly targets: Set<UpgradeTarget>;
  readonly listener: (request: IncomingMessage, stream: Duplex, head: Buffer) => void;
}

const dispatchers = new WeakMap<Server, Dispatcher>();

/**
 * Lets any number of WebSocket servers share one HTTP server: each upgrade goes to the first that wants it. One that
 * nobody wants is left to foreign listeners if there are any, else the first server refuses it. Returns the way out.
 */
export function shareUpgrades(server: Server, target: UpgradeTarget): () => void {
  const dispatcher = dispatchers.get(server) ?? createDispatcher(server);
  dispatcher.targets.add(target);
  return () => {
    if (!dispatcher.targets.delete(target) || dispatcher.targets.size > 0) return;
    server.removeListener('upgrade', dispatcher.listener);
    dispatchers.delete(server);
  };
}

function createDispatcher(server: Server): Dispatcher {
  const targets = new Set<UpgradeTarget>();
  const listener: Dispatcher['listener'] = (request, stream, head) => {
    const [first] = targets;
    const isOurs = server.listenerCount('upgrade') === 1;
    // Without a choice there is nothing to ask: as with `ws`, `shouldHandle` then sees valid requests only.
    if (isOurs && targets.size === 1) return first!.onUpgrade(request, stream, head);
    for (const target of targets) {
      const answer = ask(target, request);
      if (answer !== no) return target.onUpgrade(request, stream, head, answer);
    }
    if (isOurs) first?.onUpgrade(request, stream, head, no);
  };
  const dispatcher = { targets, listener };
  dispatchers.set(server, dispatcher);
  server.on('upgrade', listener);
  return dispatcher;
}

/** A target that throws is given the request: it has an answer for its own errors. */
function ask(target: UpgradeTarget, request: IncomingMessage): Answer {
  try {
    return target.shouldHandle(request) ? yes : no;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
