/** Reads all of a Blob and calls back, as a message that is sent later asks for it. */
export function readBlob(blob: Blob): (done: (error: Error | null, bytes: Uint8Array) => void) => void {
  return (done) => {
    blob.arrayBuffer().then(
      (bytes) => done(null, new Uint8Array(bytes)),
      (error: Error) => done(error, new Uint8Array(0)),
    );
  };
}
