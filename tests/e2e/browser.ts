// A real browser for tests, pictures and measurements, on any machine: one that is named, one that is installed, and
// otherwise the Chromium that a dev dependency carries. Runs in Node; nothing has to be installed by hand.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';

const run = promisify(execFile);
const projectFolder = resolve(import.meta.dirname, '../..');

/** Names under which distributions install a Chromium. */
const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu',
  // A test's page is never in front: its frames and timers must come all the same.
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

export interface BrowserProgram {
  readonly executablePath: string;
  /** Added to the environment of the browser. */
  readonly environment: Readonly<Record<string, string>>;
  readonly origin: 'HEAPLINE_BROWSER' | 'playwright' | 'system' | 'dependency';
}

/** Starts the browser with a fresh profile, which `close()` removes. @throws Error with one sentence that says what to do */
export async function launchBrowser(): Promise<Browser> {
  const { executablePath, environment } = await findBrowser();
  return chromium.launch({ executablePath, args: FLAGS, env: { ...process.env, ...environment } });
}

/** The first of: named by HEAPLINE_BROWSER, Playwright's own, the system's, the dev dependency's. */
export async function findBrowser(): Promise<BrowserProgram> {
  const named = process.env['HEAPLINE_BROWSER'];
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`HEAPLINE_BROWSER names ${named}, which does not exist.`);
    return { executablePath: named, environment: {}, origin: 'HEAPLINE_BROWSER' };
  }
  const own = chromium.executablePath();
  if (existsSync(own)) return { executablePath: own, environment: {}, origin: 'playwright' };
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const name of SYSTEM_NAMES) {
    const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) return { executablePath: found, environment: {}, origin: 'system' };
  }
  return unpackedDependency();
}

async function unpackedDependency(): Promise<BrowserProgram> {
  const packageFolder = resolve(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '../..');
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const folder = join(projectFolder, 'node_modules/.cache/heapline', `chromium-${version}-${process.arch}`);
  if (!existsSync(folder)) await unpack(folder);
  const executablePath = join(folder, 'chromium');
  const fonts = { FONTCONFIG_PATH: join(folder, 'fonts') };
  // The system's libraries are the ones that fit the system; the package's own stand in where there are none.
  const environments = [fonts, { ...fonts, LD_LIBRARY_PATH: join(folder, 'al2023/lib') }];
  const problems: string[] = [];
  for (const environment of environments) {
    try {
      await run(executablePath, ['--version'], { env: { ...process.env, ...environment } });
      return { executablePath, environment, origin: 'dependency' };
    } catch (error) {
      problems.push(error instanceof Error ? (error.message.split('\n')[1] ?? error.message) : String(error));
    }
  }
  throw new Error(
    `The Chromium of the tests does not start (${problems.join('; ')}): install libnss3 (Debian: apt-get install ` +
      'libnss3), or name a browser in HEAPLINE_BROWSER.',
  );
}

/**
 * Unpacks the package's Chromium, libraries and fonts, once. The package unpacks into the folder for temporary files and
 * takes a file that another process is still writing for a finished one; here, a folder appears whole or not at all.
 */
async function unpack(folder: string): Promise<void> {
  const staging = `${folder}.${process.pid}`;
  await mkdir(staging, { recursive: true });
  try {
    await run(
      process.execPath,
      ['--input-type=module', '--eval', "await (await import('@sparticuz/chromium')).default.executablePath();"],
      {
        cwd: projectFolder,
        // What the package looks at to decide whether its libraries are needed too.
        env: {
          ...process.env,
          TMPDIR: staging,
          TMP: staging,
          TEMP: staging,
          AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        },
      },
    );
    const fonts = join(folder, 'fonts');
    await writeFile(
      join(staging, 'fonts/fonts.conf'),
      '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n' +
        `<fontconfig><dir>${fonts}</dir><dir>/usr/share/fonts</dir><cachedir>${fonts}/cache</cachedir></fontconfig>\n`,
    );
    await rename(staging, folder).catch((error: unknown) => {
      // Another process was faster; its folder is as good.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Waits until what has changed is drawn: until the first frame of a transition, styles tell the colors before it. */
export async function untilDrawn(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
    do {
      await frame();
      await frame();
    } while (document.getAnimations().some((animation) => animation instanceof CSSTransition));
  });
}
