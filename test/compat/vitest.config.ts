import { defineConfig } from 'vitest/config';

/** The packages below test/compat, on the built Halyard; with HALYARD_COMPAT=ws on `ws`, which shows that a test is right. */
export default defineConfig({
  test: {
    name: 'packages',
    include: ['**/*.test.{js,ts}'],
    exclude: ['**/node_modules/**'],
    globalSetup: ['./install.js'],
    testTimeout: 20_000,
    hookTimeout: 120_000,
    // The tests must see the class that the packages see, so nothing of it goes through the transformer.
    server: { deps: { external: [/\/ws-shim\//, /\/dist\//] } },
  },
});
