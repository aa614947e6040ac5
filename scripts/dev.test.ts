import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

it("says on one line what to do without Electron's program, and builds nothing", () => {
  const empty = mkdtempSync(join(tmpdir(), 'heapline-dev-'));
  try {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'scripts/dev.ts'],
      {
        cwd: resolve(import.meta.dirname, '..'),
        env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: empty },
        encoding: 'utf8',
      },
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^Electron's program is not installed: [^\n]+\n$/);
    for (const way of ['network', 'ELECTRON_MIRROR', 'ELECTRON_OVERRIDE_DIST_PATH']) expect(stderr).toContain(way);
  } finally {
    rmSync(empty, { recursive: true });
  }
});
