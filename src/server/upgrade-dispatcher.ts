import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** A WebSocket server that shares an HTTP server with others. */
export interface UpgradeTarget {
  shouldHandle(request: IncomingMessage): boolean;
  onUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void;
}

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
    // Who is alone asks itself, and is asked once, as with `ws`: its `shouldHandle` may count.
    if (isOurs && targets.size === 1) return first!.onUpgrade(request, stream, head);
    for (const target of targets) {
      if (wants(target, request)) return target.onUpgrade(request, stream, head);
    }
    if (isOurs) first?.onUpgrade(request, stream, head);
  };
  const dispatcher = { targets, listener };
  dispatchers.set(server, dispatcher);
  server.on('upgrade', listener);
  return dispatcher;
}

/** A target that throws is given the request: it has an answer for its own errors. */
function wants(target: UpgradeTarget, request: IncomingMessage): boolean {
  try {
    return target.shouldHandle(request);
  } catch {
    return true;
  }
}
