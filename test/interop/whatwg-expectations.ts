const sizes = 7;

/** What `exercise()` of whatwg-client.js returns where all is well. */
export const expectedOfWhatwgClient = {
  text: Array.from({ length: sizes }, () => true),
  binary: Array.from({ length: sizes }, () => true),
  blob: 'from a Blob',
  extensions: '',
  ownClose: [4321, 'bye ✓', true],
  fragments: 'Gruß aus fünf Stücken',
  pong: 'p1',
  subprotocol: 'second',
  codeAndReason: [4001, 'go ✓', true],
  code: [1001, '', true],
  noCode: [1005, '', true],
  terminated: [1006, '', false],
};
