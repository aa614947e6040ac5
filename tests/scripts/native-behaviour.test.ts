// Programs do the same observed as alone: what they write, how they end, and what they can find out about themselves. Each
// is run twice in real processes, and compared with itself.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../scripts/built-parts.ts';
import { RUNTIMES } from '../runtimes.ts';
import { createProgramFolder, runTwice, type ProgramFolder, type TwiceOptions } from './run-twice.ts';

/** On which Nodes: of the oldest and the newer ones only what could differ there. */
type Reach = 'everywhere' | 'newest';

interface Case {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly reach?: Reach;
  readonly more?: Record<string, string>;
  readonly options?: TwiceOptions;
  /** False where its own options keep every observer out. */
  readonly isObserved?: false;
  /** Something that the program must have written, so that the comparison is not one of two failures. */
  readonly writes: string;
}

const ESSENTIAL_ERRORS = new Set([
  'an error',
  'an error in an exit handler',
  'an error that a handler takes',
  'a rejection',
  'process.abort()',
]);

const CASES: readonly Case[] = [
  {
    name: 'an ES module with imports, top-level await and its own packages',
    file: 'module/main.mjs',
    text: `import { hello } from 'greeting'; import { local } from './local.mjs';
      const late = await new Promise((resolve) => setTimeout(resolve, 20, 'late'));
      const { default: loaded } = await import('./loaded.mjs');
      console.log(hello, local, late, loaded, import.meta.url, import.meta.filename, import.meta.dirname, import.meta.main);`,
    more: {
      'module/local.mjs': 'export const local = "local";',
      'module/loaded.mjs': 'export default "loaded";',
      'module/node_modules/greeting/package.json':
        '{"name":"greeting","exports":{"import":"./m.mjs","require":"./c.cjs"}}',
      'module/node_modules/greeting/m.mjs': 'export const hello = "hello from a module";',
      'module/node_modules/greeting/c.cjs': 'exports.hello = "hello from CommonJS";',
    },
    reach: 'everywhere',
    writes: 'hello from a module local late loaded file:',
  },
  {
    name: 'CommonJS with require.main, module.paths and its own packages',
    file: 'common/main.cjs',
    text: `const { hello } = require('greeting');
      console.log(hello, require.main === module, module.id, module.parent, module.paths[0], __filename, module.children.length);
      console.log(Object.keys(require.cache), require.resolve('greeting'), typeof require.extensions, this === module.exports);`,
    more: {
      'common/node_modules/greeting/package.json': '{"name":"greeting","main":"c.cjs"}',
      'common/node_modules/greeting/c.cjs': 'exports.hello = "hello from CommonJS";',
    },
    reach: 'everywhere',
    writes: 'hello from CommonJS true',
  },
  {
    name: 'a .js file in a package of modules',
    file: 'typed/main.js',
    text: `console.log(typeof require, import.meta.url.startsWith('file:'));`,
    more: { 'typed/package.json': '{"type":"module"}' },
    reach: 'everywhere',
    writes: 'undefined true',
  },
  {
    name: 'a .js file without a package',
    file: 'untyped.js',
    text: `console.log(typeof require, typeof exports, __filename);`,
    reach: 'everywhere',
    writes: 'function object',
  },
  {
    name: 'the order of tasks in CommonJS',
    file: 'order.cjs',
    text: `const say = (word) => console.log(word);
      setImmediate(() => say('immediate')); setTimeout(() => setImmediate(() => say('second immediate')), 5);
      process.nextTick(() => say('tick')); Promise.resolve().then(() => say('microtask')).then(() => process.nextTick(() => say('tick after')));
      queueMicrotask(() => say('queued')); say('first');`,
    reach: 'everywhere',
    writes: 'first\ntick\nmicrotask\nqueued\ntick after\nimmediate',
  },
  {
    name: 'the order of tasks in a module',
    file: 'order.mjs',
    text: `const say = (word) => console.log(word);
      process.nextTick(() => say('tick')); Promise.resolve().then(() => say('microtask')); say('first');
      await null; say('after await'); process.nextTick(() => say('tick after'));`,
    reach: 'everywhere',
    writes: 'first\n',
  },
  {
    name: 'what a process knows of itself',
    file: 'self.cjs',
    text: `const { isMainThread, threadId, parentPort, workerData } = require('node:worker_threads');
      const { execArgv, execPath, argv0, exitCode, connected, channel, title, stdout, stderr, stdin } = process;
      console.log(JSON.stringify({
        isMainThread, threadId, parentPort, workerData, argv: process.argv, execArgv, execPath, argv0, exitCode, connected,
        send: typeof process.send, cwd: process.cwd(), title, umask: process.umask(),
        tty: [stdout.isTTY, stderr.isTTY, stdin.isTTY, stdout.columns, stdout.constructor.name, stderr.constructor.name],
        depth: stdout.hasColors?.(), blocking: stdout._handle?.constructor.name,
        variables: Object.keys(process.env).sort(), global: Object.getOwnPropertyNames(globalThis).sort(),
        gc: typeof gc, resources: process.getActiveResourcesInfo(), handles: process._getActiveHandles().length,
        required: Object.keys(require.cache), listeners: process.eventNames().filter((name) => name !== 'uncaughtExceptionMonitor').map(String),
        process: Object.getOwnPropertyNames(process).filter((name) => name !== 'emit').sort(), flags: process.execArgv,
        stackTraceLimit: Error.stackTraceLimit, prepare: typeof Error.prepareStackTrace,
        report: process.report?.excludeNetwork, registry: FinalizationRegistry.name + FinalizationRegistry.length,
        warnings: process.noDeprecation ?? null, max: process.getMaxListeners(), inspector: require('node:inspector').url() ?? null,
      }, null, 1));`,
    options: { args: ['--flag', 'a b', ''] },
    reach: 'everywhere',
    writes: '"isMainThread": true',
  },
  {
    name: 'exit and beforeExit handlers, each called as often',
    file: 'handlers.cjs',
    text: `let rounds = 0; const again = process.argv[2];
      process.on('beforeExit', (code) => { console.log('beforeExit', code, rounds); if (rounds++ < 3) setTimeout(() => console.log('more', rounds), 5); });
      process.once('beforeExit', () => { console.log('once'); });
      process.on('exit', (code) => { console.log('exit', code); process.exitCode = 7; });
      process.on('exit', (code) => console.log('second', code, process.exitCode));`,
    reach: 'everywhere',
    writes: 'beforeExit 0 3\nexit 0\nsecond 0 7\n',
  },
  {
    name: 'beforeExit handlers that go on after an await, with an immediate and with a server',
    file: 'before-exit.mjs',
    text: `import { createServer } from 'node:net'; import { readFile } from 'node:fs/promises';
      const steps = [async () => { await null; await new Promise((go) => setImmediate(go)); console.log('immediate'); },
        () => new Promise((go) => { const server = createServer().listen(0, '127.0.0.1', () => server.close(go)); }),
        () => readFile(new URL(import.meta.url)), () => {}];
      process.on('beforeExit', async () => { console.log('beforeExit', steps.length); await steps.shift()?.(); });`,
    reach: 'everywhere',
    writes: 'beforeExit 1\n',
  },
  ...[
    ['at the top level', `process.exit(3); console.log('never');`],
    ['in a timer', `setTimeout(() => process.exit(4), 10); setInterval(() => {}, 1000);`],
    ['in an exit handler', `process.on('exit', () => { console.log('handler'); process.exit(5); });`],
    ['in a beforeExit handler', `process.on('beforeExit', () => { console.log('before'); process.exit(6); });`],
    ['in a microtask', `Promise.resolve().then(() => process.exit(8)); setTimeout(() => console.log('never'), 50);`],
    [
      'in an uncaughtException handler',
      `process.on('uncaughtException', () => process.exit(9)); throw new Error('x');`,
    ],
    [
      'twice, with exitCode set between',
      `process.on('exit', () => { process.exitCode = 11; process.exit(); }); process.exit(10);`,
    ],
    ['with exitCode alone', `process.exitCode = 12;`],
    ['by reallyExit', `process.reallyExit(14);`],
    [
      'with a code that is none',
      `try { process.exit('abc'); } catch (error) { console.log(error.code); process.exit(15); }`,
    ],
    ['after much output', `process.stdout.write('x'.repeat(30_000) + 'end'); process.exit(16);`],
    [
      'from a finalizer-less loop with pending work',
      `setImmediate(function again() { setImmediate(again); }); setTimeout(() => process.exit(17), 20);`,
    ],
    ['in require(), from a deeper module', `require('./deep-exit.cjs')`],
  ].map(([where = '', text = '']): Case => ({
    name: `process.exit ${where}`,
    file: `exit-${where.replaceAll(/\W+/g, '-')}.cjs`,
    text: `process.on('exit', (code) => console.log('exit', code, process.exitCode));\n${text}`,
    more: { 'deep-exit.cjs': 'process.exit(18);' },
    reach: 'everywhere',
    writes: where === 'by reallyExit' ? '' : 'exit ',
  })),
  ...[
    ['an error', `throw new TypeError('on purpose');`],
    [
      'an error with a cause and properties',
      `throw Object.assign(new Error('outer', { cause: new RangeError('inner') }), { code: 'E_X', detail: { a: 1 } });`,
    ],
    ['a string', `throw 'only a string';`],
    ['null', `throw null;`],
    ['undefined', `throw undefined;`],
    ['an object without a prototype', `throw Object.create(null);`],
    [
      'an error whose stack throws',
      `throw Object.defineProperty(new Error('odd'), 'stack', { get() { throw new Error('no stack'); } });`,
    ],
    [
      'an error in a timer',
      `setTimeout(function late() { throw new Error('late'); }, 5); setInterval(() => {}, 1000);`,
    ],
    ['an error in nextTick', `process.nextTick(() => { throw new Error('tick'); });`],
    ['an error in a microtask', `queueMicrotask(() => { throw new Error('microtask'); });`],
    ['an error in an exit handler', `process.on('exit', () => { throw new Error('in exit'); });`],
    ['an error in a beforeExit handler', `process.on('beforeExit', () => { throw new Error('in beforeExit'); });`],
    [
      'an error in an uncaughtException handler',
      // Nothing runs in a process that ends so, nor by abort: not at once, so that its observer has said who it is.
      `process.on('uncaughtException', () => { throw new Error('again'); }); setTimeout(() => { throw new Error('first'); }, 50);`,
    ],
    [
      'an error that a handler takes',
      `process.on('uncaughtException', (error, origin) => console.log('took', error.message, origin)); setTimeout(() => console.log('goes on'), 5); throw new Error('taken');`,
    ],
    [
      'an error that a capture callback takes',
      `process.setUncaughtExceptionCaptureCallback((error) => console.log('captured', error.message)); throw new Error('taken');`,
    ],
    ['an error event that nobody listens to', `new (require('node:events'))().emit('error', new Error('unheard'));`],
    ['too deep a recursion', `(function deeper() { deeper(); })();`],
    ['a rejection', `Promise.reject(new RangeError('rejected'));`],
    ['a rejection with no error', `Promise.reject({ reason: 'plain object' });`],
    ['a rejection of undefined', `Promise.reject();`],
    [
      'a rejection that is handled in time',
      `const p = Promise.reject(new Error('handled')); setImmediate(() => {}); p.catch(() => console.log('caught'));`,
    ],
    [
      'a rejection that a handler takes',
      `process.on('unhandledRejection', (reason, promise) => console.log('took', reason.message, promise instanceof Promise)); process.on('rejectionHandled', () => console.log('handled late')); const p = Promise.reject(new Error('r')); setTimeout(() => p.catch(() => {}), 5);`,
    ],
    ['an aggregate error', `Promise.any([Promise.reject(new Error('a')), Promise.reject(new Error('b'))]);`],
    ['a failed assertion', `require('node:assert').strictEqual(1, 2);`],
    ['process.abort()', `console.log('before'); setTimeout(() => process.abort(), 50);`],
    [
      'emitted warnings and deprecations',
      `process.emitWarning('careful', { code: 'W1', detail: 'more' }); new Buffer(1); for (let i = 0; i < 12; i++) process.on('exit', () => {}); process.on('warning', (w) => console.log(w.name));`,
    ],
  ].map(([what = '', text = '']): Case => ({
    name: `${/^(a|an|null|undefined|too)\b/.test(what) ? 'throws ' : ''}${what}`,
    file: `throws-${what.replaceAll(/\W+/g, '-')}.cjs`,
    text: `process.on('exit', (code) => console.log('exit', code));\n\n${text}\n`,
    reach: ESSENTIAL_ERRORS.has(what) ? 'everywhere' : 'newest',
    writes: what === 'process.abort()' ? 'before' : what.includes('uncaughtException') ? '' : 'exit ',
  })),
  ...[
    ['a syntax error', `export const a = 1;\nconst = 3;\n`],
    ['a missing file', `import './gone.mjs';\n`],
    ['a missing package', `import gone from 'no-such-package-at-all';\n`],
    ['a missing export', `import { gone } from 'node:fs';\n`],
    ['JSON without its attribute', `import data from './data.json';\n`],
    ['require in a module', `const fs = require('node:fs');\nexport {};\n`],
    ['a rejection at the top level', `await Promise.reject(new Error('top'));\n`],
    ['an error at the top level', `const deep = () => { throw new Error('top'); };\ndeep();\n`],
    [
      'a top-level await that never settles',
      `console.log('before');\nawait new Promise(() => {});\nconsole.log('never');\n`,
    ],
    ['process.exit during a top-level await', `setTimeout(() => process.exit(21), 5); await new Promise(() => {});`],
  ].map(([what = '', text = '']): Case => ({
    name: `a module with ${what}`,
    file: `module-${what.replaceAll(/\W+/g, '-')}.mjs`,
    text,
    more: { 'data.json': '{}' },
    reach: 'everywhere',
    writes: '',
  })),
  {
    name: 'CommonJS with a syntax error',
    file: 'syntax.cjs',
    text: `const fine = 1;\nconst = 3;\n`,
    reach: 'everywhere',
    writes: '',
  },
  {
    name: 'CommonJS that requires what is not there',
    file: 'missing.cjs',
    text: `function load() { return require('./gone.cjs'); }\nload();\n`,
    reach: 'everywhere',
    writes: '',
  },
  ...[
    [
      'SIGTERM with a handler',
      `process.on('SIGTERM', (name, number) => { console.log(name, number); process.exit(30); }); process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);`,
    ],
    [
      'SIGTERM without a handler',
      `console.log('before'); process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);`,
    ],
    [
      'SIGINT without a handler',
      `console.log('before'); process.kill(process.pid, 'SIGINT'); setInterval(() => {}, 1000);`,
    ],
    [
      'SIGUSR2 and SIGHUP with handlers',
      `process.once('SIGUSR2', (name) => { console.log(name); process.kill(process.pid, 'SIGHUP'); }); process.once('SIGHUP', (name) => { console.log(name); clearInterval(timer); }); const timer = setInterval(() => {}, 1000); process.kill(process.pid, 'SIGUSR2');`,
    ],
    ['SIGKILL', `console.log('before'); process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`],
    ['signal 0', `console.log(process.kill(process.pid, 0));`],
  ].map(([what = '', text = '']): Case => ({
    name: `sends itself ${what}`,
    file: `signal-${what.replaceAll(/\W+/g, '-')}.cjs`,
    text,
    reach: 'everywhere',
    writes: what === 'signal 0' ? 'true' : '',
  })),
  {
    name: 'children of every kind, which get none of the observer’s options',
    file: 'children.cjs',
    text: `const { execFileSync, fork, spawn, execSync } = require('node:child_process');
      if (process.argv[2] === 'child') {
        const seen = { argv: process.argv.slice(2), execArgv: process.execArgv, options: process.env.NODE_OPTIONS ?? null, observer: Object.keys(process.env).filter((name) => /heapline/i.test(name)), required: Object.keys(require.cache).length };
        if (process.send) process.send(seen, () => process.disconnect()); else console.log(JSON.stringify(seen));
      } else {
        console.log(execFileSync(process.execPath, [__filename, 'child', 'file'], { encoding: 'utf8' }).trim());
        console.log(execSync(JSON.stringify(process.execPath) + ' ' + JSON.stringify(__filename) + ' child shell', { encoding: 'utf8' }).trim());
        fork(__filename, ['child', 'fork']).on('message', (seen) => console.log('fork', JSON.stringify(seen))).on('exit', (code) => {
          spawn(process.execPath, [...process.execArgv, __filename, 'child', 'spawn'], { stdio: 'inherit' }).on('exit', (code) => console.log('ended', code));
        });
      }`,
    reach: 'everywhere',
    writes: 'ended 0',
  },
  {
    name: 'a cluster',
    file: 'cluster.cjs',
    text: `const cluster = require('node:cluster');
      if (cluster.isPrimary) {
        const worker = cluster.fork();
        worker.on('message', (message) => console.log('primary got', message)).on('exit', (code) => console.log('worker ended', code));
      } else process.send({ isWorker: cluster.isWorker, execArgv: process.execArgv }, () => process.exit(2));`,
    reach: 'everywhere',
    writes: 'worker ended 2',
  },
  {
    name: 'its own workers',
    file: 'workers.mjs',
    text: `import { Worker, isMainThread } from 'node:worker_threads';
      const worker = new Worker(\`const { parentPort, isMainThread } = require('node:worker_threads');
        new FinalizationRegistry(() => {}).register({}, 1);
        parentPort.postMessage({ isMainThread, execArgv: process.execArgv, variables: Object.keys(process.env).sort(), native: FinalizationRegistry.prototype.register.toString() });\`, { eval: true });
      worker.on('message', (message) => console.log(isMainThread, message)).on('exit', (code) => console.log('worker ended', code));`,
    reach: 'everywhere',
    writes: 'worker ended 0',
  },
  {
    name: 'a worker that throws',
    file: 'worker-throws.mjs',
    text: `import { Worker } from 'node:worker_threads';
      new Worker('throw new Error("in a worker")', { eval: true });`,
    writes: '',
  },
  {
    name: 'much output, whose end is not cut off',
    file: 'much.cjs',
    text: `for (let i = 0; i < 50_000; i++) process.stdout.write('line ' + i + '\\n'); process.stderr.write('e'.repeat(200_000)); console.log('end');`,
    writes: 'end\n',
  },
  {
    name: 'output in pieces of characters and of bytes',
    file: 'pieces.cjs',
    text: `process.stdout.write(Buffer.from([0xe2, 0x82])); setTimeout(() => { process.stdout.write(Buffer.from([0xac])); console.log('\\u001b[31mred\\u001b[0m', '🙂'); }, 20);`,
    writes: '€',
  },
  {
    name: 'a lookalike of V8’s own lines',
    file: 'lookalike.cjs',
    text: `console.log('[1:0x1] 10 ms: Scavenge 1.0 (2.0) -> 0.5 (2.0) MB, 1.0 / 0.0 ms  (average mu = 1, current mu = 1) task;'); console.log('[' + process.pid + ':'.repeat(1)); `.replace(
      "console.log('[' + process.pid + ':'.repeat(1)); ",
      '',
    ),
    writes: 'Scavenge',
  },
  {
    name: 'standard input read to its end',
    file: 'input.cjs',
    text: `let all = ''; process.stdin.setEncoding('utf8').on('data', (text) => all += text).on('end', () => console.log(all.length, all.slice(0, 20), process.stdin.constructor.name));`,
    options: { inputText: 'first line\nsecond line with ü\n'.repeat(5_000) },
    reach: 'everywhere',
    writes: '150000 first line',
  },
  {
    name: 'standard input read at once',
    file: 'input-at-once.cjs',
    text: `const fs = require('node:fs'); console.log(fs.readFileSync(0, 'utf8') + fs.fstatSync(0).isFile());`,
    options: { inputText: 'everything' },
    writes: 'everythingtrue',
  },
  {
    name: 'standard input read by its name',
    file: 'input-by-name.cjs',
    text: `console.log(require('node:fs').readFileSync('/dev/stdin', 'utf8'));`,
    options: { inputText: 'by name' },
    writes: 'by name',
  },
  {
    name: 'lines of standard input, by an iterator',
    file: 'input-lines.mjs',
    text: `import { createInterface } from 'node:readline'; for await (const line of createInterface({ input: process.stdin })) console.log('>', line);`,
    options: { inputText: 'one\ntwo\n\nfour' },
    writes: '> four',
  },
  {
    name: 'standard input that is empty',
    file: 'input-empty.cjs',
    text: `process.stdin.on('data', () => console.log('data')).on('end', () => console.log('no input'));`,
    reach: 'everywhere',
    writes: 'no input',
  },
  {
    name: 'an environment of its own, with options for Node',
    file: 'environment.cjs',
    text: `console.log(process.env.OWN, process.env.NODE_OPTIONS, process.execArgv, require('conditional'));`,
    more: {
      'node_modules/conditional/package.json': '{"exports":{"special":"./special.js","default":"./default.js"}}',
      'node_modules/conditional/special.js': 'module.exports = "special";',
      'node_modules/conditional/default.js': 'module.exports = "default";',
    },
    options: { environment: { OWN: 'a = "b"', NODE_OPTIONS: '--conditions=special --stack-trace-limit=3' } },
    reach: 'everywhere',
    writes: 'special',
  },
  {
    name: 'preloaded modules of NODE_OPTIONS',
    file: 'preloaded.mjs',
    text: `console.log(globalThis.order, typeof FinalizationRegistry);`,
    more: { 'preload.cjs': 'globalThis.order = ["required"];', 'preload.mjs': 'globalThis.order.push("imported");' },
    options: { environment: { NODE_OPTIONS: '--require ./preload.cjs --import ./preload.mjs' } },
    reach: 'everywhere',
    writes: "[ 'required', 'imported' ]",
  },
  {
    name: 'frozen intrinsics',
    file: 'frozen.cjs',
    text: `new FinalizationRegistry(() => {}).register({}, 1); console.log(Object.isFrozen(Array.prototype));`,
    options: { environment: { NODE_OPTIONS: '--frozen-intrinsics' } },
    writes: 'true',
  },
  {
    name: 'the permission model, which allows no worker and so no observer',
    file: 'permission.cjs',
    text: `new FinalizationRegistry(() => {}).register({}, 1); console.log(process.permission.has('worker')); setTimeout(() => console.log('done'), 20);`,
    options: { environment: { NODE_OPTIONS: '--permission --allow-fs-read=*' } },
    isObserved: false,
    writes: 'false\ndone',
  },
  {
    name: 'the permission model with workers allowed',
    file: 'permission-workers.cjs',
    text: `console.log(process.permission.has('worker')); setTimeout(() => console.log('done'), 20);`,
    options: { environment: { NODE_OPTIONS: '--permission --allow-fs-read=* --allow-worker' } },
    writes: 'true\ndone',
  },
  {
    name: 'timers, intervals and unreferenced handles that do not hold the process',
    file: 'unreferenced.cjs',
    text: `setInterval(() => {}, 1000).unref(); require('node:net').createServer().listen(0, '127.0.0.1').unref(); setTimeout(() => console.log('done'), 10);`,
    reach: 'everywhere',
    writes: 'done',
  },
  {
    name: 'async hooks, diagnostics and performance entries of its own',
    file: 'hooks.cjs',
    text: `const { createHook } = require('node:async_hooks'); const { performance, PerformanceObserver } = require('node:perf_hooks');
      const types = new Set(); createHook({ init(id, type) { types.add(type); } }).enable();
      new PerformanceObserver((list) => console.log(list.getEntries().map(({ name }) => name))).observe({ entryTypes: ['mark'] });
      performance.mark('one'); performance.mark('two'); console.log(performance.getEntries().filter(({ entryType }) => entryType === 'mark').length);
      setTimeout(() => console.log([...types].sort()), 20);`,
    writes: "[ 'one', 'two' ]",
  },
  {
    name: 'what it finds with process.on and removeAllListeners',
    file: 'listeners.cjs',
    text: `process.removeAllListeners(); process.on('exit', () => console.log('exit', process.listenerCount('exit'), process.listenerCount('beforeExit')));`,
    writes: 'exit 1 0',
  },
  {
    name: 'a broken pipe of a child',
    file: 'broken-pipe.cjs',
    text: `const { spawn } = require('node:child_process'); const child = spawn(process.execPath, ['-e', 'process.stdin.destroy()'], { stdio: ['pipe', 'ignore', 'inherit'] });
      child.stdin.on('error', (error) => console.log(error.code)); child.on('exit', () => child.stdin.write('x'.repeat(1e6), () => {}));`,
    writes: '',
  },
  {
    name: 'chdir, umask and a changed title',
    file: 'changes.cjs',
    text: `process.chdir('/'); process.title = 'changed'; console.log(process.cwd(), process.title, require('node:path').resolve('x'));`,
    writes: '/ changed /x',
  },
];

const TYPESCRIPT: readonly Case[] = [
  {
    name: 'TypeScript in a module',
    file: 'typescript/main.mts',
    text: `import { twice, type Named } from './other.mts';\nconst named: Named = { name: 'typed' };\nconsole.log(twice(named.name) satisfies string, new Error('here').stack?.split('\\n')[1]?.trim());`,
    more: {
      'typescript/other.mts':
        'export interface Named { name: string }\nexport function twice<T extends string>(text: T): string { return `${text}${text}`; }',
    },
    writes: 'typedtyped',
  },
  {
    name: 'TypeScript in CommonJS',
    file: 'typescript/main.cts',
    text: `const path: typeof import('node:path') = require('node:path');\nconsole.log(path.basename(__filename), typeof module);`,
    writes: 'main.cts object',
  },
  {
    name: 'TypeScript by its package',
    file: 'typescript-package/main.ts',
    text: `export const value: number = 1;\nconsole.log(value, typeof require);`,
    more: { 'typescript-package/package.json': '{"type":"module"}' },
    writes: '1 undefined',
  },
  {
    name: 'TypeScript that cannot be stripped',
    file: 'typescript/enumeration.ts',
    text: `const fine: number = 1;\nenum Color { Red }\nconsole.log(Color.Red, fine);`,
    writes: '',
  },
  {
    name: 'TypeScript with a syntax error',
    file: 'typescript/broken.mts',
    text: `const fine: number = 1;\nconst broken: = 2;\n`,
    writes: '',
  },
];

/**
 * What is said of a process by its number, and an abort's native addresses, differ in any case. The one difference that
 * observing makes: `process.emit` is wrapped, so that its handlers have a caller more.
 */
const withoutKnownDifferences = (stderr: string) =>
  stderr
    .replaceAll(/\(node:\d+\)/g, '(node:pid)')
    .replaceAll(/0x[0-9a-f]+/g, '0x')
    .replaceAll(/\n +at process\.observedEmit .*/g, '');

let folder: ProgramFolder;
beforeAll(async () => {
  expect(await ensureBuilt('engine')).toBe(true);
  folder = createProgramFolder();
}, 120_000);
afterAll(() => folder[Symbol.dispose]());

describe.each(RUNTIMES)('on $name, a program is the same observed as alone:', ({ nodePath, major, isInstalled }) => {
  const isNewest = nodePath === process.execPath;
  const cases = CASES.filter(({ reach }) => isNewest || reach === 'everywhere');
  const typed = isNewest || major === 22 ? TYPESCRIPT : [];
  it.skipIf(!isInstalled).each([...cases, ...typed])(
    '$name',
    async ({ file, text, more = {}, options, isObserved = true, writes }) => {
      for (const [name, content] of Object.entries(more)) folder.write(name, content);
      const path = folder.write(file, text);
      const input = options?.inputText === undefined ? undefined : folder.write(`${file}.input`, options.inputText);
      const { alone, observed, run } = await runTwice(path, {
        nodePath,
        ...(input !== undefined && { input }),
        ...options,
      });
      const clean = (seen: typeof alone) => ({ ...seen, stderr: withoutKnownDifferences(seen.stderr) });
      expect(clean(observed)).toEqual(clean(alone));
      expect(alone.stdout).toContain(writes);
      // It was observed, not only left alone.
      expect(run.report.runtime.node !== null).toBe(isObserved);
    },
  );
});
