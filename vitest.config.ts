import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

// Real processes and a real browser share two cores: files run two at a time, and a test has time enough on a slow day.
export default defineConfig({
  plugins: [vue()],
  test: {
    include: ['{engine,cli,electron,page-files,renderer,scripts,tests}/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What a page shows is looked at until it is there.
    expect: { poll: { timeout: 8_000 } },
  },
});
