// Runs the built application against the stand-in for Electron: its main process is a process of Node's, its windows are
// pages of a Chromium.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium as playwright, type Browser, type Page } from 'playwright-core';
import { projectFolder } from '../../scripts/built-parts.ts';
import { buildStandIn } from './build-stand-in.ts';
import { startChromium } from './chromium.ts';
import type { Driver, LaunchOptions } from './driver.ts';
import type { Order } from './orders.ts';
import { environmentOf, type StandInSettings } from './stand-in/settings.ts';

const PAGE_TIMEOUT_MS = 20_000;

/** Starts the main process; how it talks to the test is Node's own channel. */
function startMain(registerPath: string, options: LaunchOptions, settings: Pick<StandInSettings, 'developerTools'>) {
  const main = spawn(
    process.execPath,
    [
      `--import=${pathToFileURL(registerPath).href}`,
      join(projectFolder, options.mainPath ?? 'out/main/index.js'),
      ...options.words,
    ],
    {
      cwd: options.workingDirectory,
      env: {
        ...options.environment,
        ...environmentOf({
          ...settings,
          userData: options.userData,
          projectFolder,
          utilityStart: join(import.meta.dirname, 'stand-in', 'utility-start.cjs'),
        }),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  let said = '';
  for (const stream of [main.stdout!, main.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  const exited = once(main, 'exit').then(([code]) => code as number | null);
  return { main, exited, output: () => said };
}

export async function launchStandIn(options: LaunchOptions): Promise<Driver> {
  const [registerPath, browser] = await Promise.all([
    buildStandIn(),
    startChromium(options.folder, options.environment),
  ]);
  const connections: Browser[] = [];
  const connect = async () => {
    const connection = await playwright.connectOverCDP(browser.address, { noDefaults: true });
    connections.push(connection);
    for (const context of connection.contexts()) {
      for (const page of context.pages()) options.onPage(page);
      context.on('page', options.onPage);
    }
    return connection;
  };
  let connection = await connect();
  const startedAtMs = performance.now();
  const { main, exited, output } = startMain(registerPath, options, { developerTools: browser.address });
  let hasExited = false;
  void exited.then(() => (hasExited = true));
  let lastId = 0;
  const pages = () => connection.contexts().flatMap((context) => context.pages());
  const isOurs = (page: Page) => !page.isClosed() && !['', 'about:blank', ':'].includes(page.url());
  const findPage = async (): Promise<Page> => {
    const deadline = performance.now() + PAGE_TIMEOUT_MS;
    for (;;) {
      const page = pages().find(isOurs);
      if (page !== undefined) return page;
      if (hasExited) throw new Error(`The application ended before it showed a page. ${output()}`);
      if (performance.now() > deadline) throw new Error(`The application shows no page. ${output()}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return {
    startedAtMs,
    pid: main.pid ?? 0,
    exited,
    output,
    findPage,
    async findPageAfterCrash() {
      // A crashed page stays crashed for the connection that saw it.
      connection = await connect();
      return findPage();
    },
    order(order: Order) {
      return new Promise((resolve, reject) => {
        const id = (lastId += 1);
        const hear = (answer: { id: number; result?: unknown; problem?: string }) => {
          if (answer.id !== id) return;
          stop();
          if (answer.problem === undefined) resolve(answer.result);
          else reject(new Error(answer.problem));
        };
        const end = () => {
          stop();
          // To quit is to be gone before the answer.
          if (order.type === 'quit' || order.type === 'close-window') resolve(undefined);
          else reject(new Error(`The application ended. ${output()}`));
        };
        const stop = () => main.off('message', hear).off('exit', end);
        if (hasExited) return end();
        main.on('message', hear).once('exit', end);
        // The channel is closed a moment before the end is told.
        main.send({ id, order }, (error) => {
          if (error !== null) end();
        });
      });
    },
    async launchAgain(words, workingDirectory) {
      const again = startMain(registerPath, { ...options, words, workingDirectory }, {});
      const timer = setTimeout(() => again.main.kill('SIGKILL'), PAGE_TIMEOUT_MS);
      const exitCode = await again.exited;
      clearTimeout(timer);
      return { exitCode, output: again.output() };
    },
    async end() {
      if (!hasExited) main.kill('SIGKILL');
      await exited;
      for (const one of connections) await one.close();
      await browser.end();
    },
  };
}
