// The `heapline` command: a headless host of the engine, and the served one. Runs in Node, started by a shell.

import { runCommandLine } from './command-line.ts';
import { createOutput } from './output.ts';
import { asUsageError, EXIT_STATUS } from './usage-error.ts';

const readerGone = Promise.withResolvers<void>();
const stdout = createOutput(process.stdout, readerGone.resolve);
const stderr = createOutput(process.stderr);

let exitStatus: number;
try {
  exitStatus = await runCommandLine(process.argv.slice(2), {
    // Loaded when they are needed: a mistake in the words is answered without an engine.
    list: async (options) => (await import('./command-list.ts')).listScenarios(options, stdout),
    newScenario: async (options) => (await import('./command-new.ts')).newScenario(options, stdout),
    run: async (options) =>
      (await import('./command-run.ts')).runProgram(options, { stdout, stderr, readerGone: readerGone.promise }),
    runAll: async (options) =>
      (await import('./command-run-all.ts')).runAll(options, { stdout, stderr, readerGone: readerGone.promise }),
    experiment: async (options) =>
      (await import('./command-experiment.ts')).runExperiment(options, {
        stdout,
        stderr,
        readerGone: readerGone.promise,
      }),
    report: async (options) => (await import('./command-report.ts')).reportRecording(options, { stdout, stderr }),
    nodes: async (options) => (await import('./command-nodes.ts')).listNodes(options, stdout),
    targets: async (options) => (await import('./command-targets.ts')).listTargets(options, stdout),
    watch: async (options) =>
      (await import('./command-watch.ts')).watchProcess(options, { stdout, stderr, readerGone: readerGone.promise }),
    serve: async (options) => (await import('./command-serve.ts')).serveApplication(options, { stdout, stderr }),
  });
} catch (error) {
  const usageError = asUsageError(error);
  if (usageError === undefined) throw error;
  await stderr.write(`heapline: ${usageError.message}\n`);
  exitStatus = EXIT_STATUS.badUsage;
}
// Said outright, because a browser's open connection or a stuck child must not keep a finished command alive.
await Promise.all([stdout.flush(), stderr.flush()]);
process.exit(exitStatus);
