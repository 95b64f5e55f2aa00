import { defineConfig } from 'vitest/config';

const HOUR = 3_600_000;
const isFull = process.env['HALYARD_FULL'] === '1';

export default defineConfig({
  test: {
    reporters: ['default', './test/support/summary-reporter.js'],
    projects: [
      {
        test: {
          name: 'halyard',
          include: ['test/**/*.test.ts'],
          exclude: ['test/compat/**', '**/node_modules/**'],
          testTimeout: isFull ? 12 * HOUR : 20_000,
          hookTimeout: 120_000,
        },
      },
      './test/compat/vitest.config.ts',
    ],
  },
});
