// The `heapline` command: a headless host of the engine, and the served one. Runs in Node, started by a shell.

import { listScenarios } from './command-list.ts';
import { runCommandLine } from './command-line.ts';
import { runProgram } from './command-run.ts';
import { serveApplication } from './command-serve.ts';
import { createOutput } from './output.ts';
import { EXIT_STATUS, UsageError } from './usage-error.ts';

const readerGone = Promise.withResolvers<void>();
const stdout = createOutput(process.stdout, readerGone.resolve);
const stderr = createOutput(process.stderr);

let exitStatus: number;
try {
  exitStatus = await runCommandLine(process.argv.slice(2), {
    list: (options) => listScenarios(options, stdout),
    run: (options) => runProgram(options, { stdout, stderr, readerGone: readerGone.promise }),
    serve: (options) => serveApplication(options, { stdout, stderr }),
  });
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  await stderr.write(`heapline: ${error.message}\n`);
  exitStatus = EXIT_STATUS.badUsage;
}
// Said outright, because a browser's open connection or a stuck child must not keep a finished command alive.
await Promise.all([stdout.flush(), stderr.flush()]);
process.exit(exitStatus);
