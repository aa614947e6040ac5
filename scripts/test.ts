// `npm test`: builds, runs every test, and ends with one line that counts them: `N passed, N failed, N skipped`.
// Arguments are handed to vitest: `npm test -- engine/protocol`. `npm run test:quick` runs what needs neither a build nor
// another process, in less than a minute.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const run = (command: string, args: readonly string[], workingDirectory = root) =>
  spawnSync(command, args, { cwd: workingDirectory, stdio: 'inherit', shell: process.platform === 'win32' }).status ??
  1;

const [first, ...rest] = process.argv.slice(2);
const isQuick = first === '--quick';
/** Unit tests that observe processes, wait for what takes its time, or search long. */
const SLOW_UNITS = ['heap-graph/read-snapshot', 'session/{engine,experiments,opened-recordings,real-processes}'];
const words = isQuick
  ? [
      ...['engine', 'renderer', 'electron', 'page-files'],
      ...SLOW_UNITS.map((file) => `--exclude=engine/${file}.test.ts`),
      ...rest,
    ]
  : process.argv.slice(2);

const buildStatus = isQuick ? 0 : run(process.execPath, ['--disable-warning=ExperimentalWarning', 'scripts/build.ts']);
if (buildStatus !== 0) {
  console.error('The build failed, so no test was run.');
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}

// Older versions of Node for the observer's tests. Without them (no network) those tests are skipped, and counted so.
const runtimes = join(root, 'tests/runtimes');
if (!isQuick && !existsSync(join(runtimes, 'node_modules')))
  run('npm', ['ci', '--no-bin-links', '--no-audit', '--no-fund'], runtimes);

const folder = mkdtempSync(join(tmpdir(), 'heapline-test-'));
const reportPath = join(folder, 'report.json');
const status = run(process.execPath, [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${reportPath}`,
  ...words,
]);
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numFailedTestSuites: number;
}
const report = existsSync(reportPath) ? (JSON.parse(readFileSync(reportPath, 'utf8')) as Report) : undefined;
rmSync(folder, { recursive: true });
const failed = report === undefined ? 1 : report.numFailedTests;
// A file that cannot be loaded fails without a failed test; it must not count as nothing.
const uncounted = failed === 0 && status !== 0 ? 1 : 0;
console.log(
  `${report?.numPassedTests ?? 0} passed, ${failed + uncounted} failed, ` +
    `${(report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)} skipped`,
);
process.exit(status);
