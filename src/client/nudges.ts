/** The part of a browser's `window` that tells when a connection is worth another look. */
export interface Surroundings {
  addEventListener(type: 'online', listener: () => void): void;
  removeEventListener(type: 'online', listener: () => void): void;
  readonly document: {
    readonly visibilityState: string;
    addEventListener(type: 'visibilitychange', listener: () => void): void;
    removeEventListener(type: 'visibilitychange', listener: () => void): void;
  };
}

/** `window` in a browser, nothing elsewhere. */
export function surroundings(): Surroundings | undefined {
  return 'document' in globalThis ? (globalThis as unknown as Surroundings) : undefined;
}

/** Calls `nudge` when the network returns and when the page is looked at again, until the answer is called. */
export function onNudge(window: Surroundings, nudge: () => void): () => void {
  const { document } = window;
  const looked = (): void => {
    if (document.visibilityState === 'visible') nudge();
  };
  window.addEventListener('online', nudge);
  document.addEventListener('visibilitychange', looked);
  return () => {
    window.removeEventListener('online', nudge);
    document.removeEventListener('visibilitychange', looked);
  };
}
