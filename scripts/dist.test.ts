import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createRequire } from 'node:module';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import type { Configuration, FileAssociation } from 'electron-builder';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEngineClient } from '../cli/engine-client.ts';
import { describeHost } from '../cli/host-description.ts';
import type { Command } from '../engine/protocol/command.ts';
import type { EngineEvent } from '../engine/protocol/event.ts';
import { createMemoryPortPair } from '../engine/protocol/port.ts';
import type { RunReport } from '../engine/protocol/run-report.ts';
import { SCRIPT_EXTENSIONS } from '../engine/protocol/run-description.ts';
import { SCENARIOS } from '../engine/scenarios/index.ts';
import { createEngine } from '../engine/session/engine.ts';
import { builtPaths } from '../electron/main/built-paths.ts';
import { createNodeLauncher } from '../engine/session/node-launcher.ts';
import { ALL_RUNTIMES } from '../tests/runtimes.ts';
import { toolsProblem } from './packaging/builder-tools.ts';
import { chooseElectron, systemOf, type ElectronFacts } from './packaging/choose-electron.ts';
import { packagingConfiguration } from './packaging/configuration.ts';

const root = resolve(import.meta.dirname, '..');
const fromBuilder = createRequire(createRequire(import.meta.url).resolve('app-builder-lib/package.json'));
const folder = mkdtempSync(join(tmpdir(), 'heapline-dist-'));
afterAll(() => rmSync(folder, { recursive: true }));

const configuration = packagingConfiguration({ outputFolder: 'dist' });
const scriptExtensions = SCRIPT_EXTENSIONS.map((extension) => extension.slice(1));

/** Of a process. Its exit status is 0 unless it says otherwise. */
interface Ending {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}
function run(file: string, words: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  return new Promise<Ending>((ended) => {
    execFile(file, [...words], { timeout: 150_000, ...options }, (error, stdout, stderr) => {
      ended({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
    });
  });
}
const dist = (words: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, ['--disable-warning=ExperimentalWarning', 'scripts/dist.ts', ...words], {
    cwd: root,
    env: { ...process.env, ...environment },
  });

describe('the configuration of the packer', () => {
  const { validateConfiguration } = fromBuilder('./out/util/config/config.js') as {
    validateConfiguration(configuration: Configuration, log: { isEnabled: boolean }): Promise<void>;
  };

  it('is one that electron-builder takes, and its check refuses what it does not know', async () => {
    await expect(validateConfiguration(configuration, { isEnabled: false })).resolves.toBeUndefined();
    const misspelled: object = { ...configuration, linux: { ...configuration.linux, catgory: 'Development' } };
    await expect(validateConfiguration(misspelled, { isEnabled: false })).rejects.toThrow('configuration.linux');
  });

  it('sets every fuse that it can set', () => {
    expect(configuration.electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
      resetAdHocDarwinSignature: true,
    });
  });

  it('names files that are there', () => {
    const { linux, mac, win, nsis, files } = configuration;
    const sources = [files].flat().map((entry) => (typeof entry === 'object' ? entry?.from : undefined));
    const named = [linux?.icon, mac?.icon, mac?.entitlements, mac?.entitlementsInherit, win?.icon, nsis?.include];
    const paths = [...named, ...sources.filter((source) => source !== undefined)];
    expect(paths.length).toBeGreaterThanOrEqual(7);
    for (const path of paths) {
      expect(path).toEqual(expect.any(String));
      expect(existsSync(join(root, path!)), path!).toBe(true);
    }
  });

  it('asks of macOS nothing but memory for compiled code', () => {
    const plist = readFileSync(join(root, 'resources/entitlements.mac.plist'), 'utf8');
    expect([...plist.matchAll(/<key>(.*?)<\/key>/g)].map(([, key]) => key)).toEqual([
      'com.apple.security.cs.allow-jit',
    ]);
    expect(configuration.mac?.hardenedRuntime).toBe(true);
  });

  it('publishes nothing', () => {
    expect(configuration.publish).toBeNull();
  });
});

describe('the files that the application is offered for', () => {
  const associations = (...of: (FileAssociation[] | FileAssociation | undefined)[]) =>
    of.flat().filter((association) => association !== undefined);

  it('are recordings, which are its own on every system', () => {
    expect(associations(configuration.fileAssociations)).toMatchObject([
      { ext: 'heapline', role: 'Editor', rank: 'Owner', mimeType: 'application/vnd.heapline.recording' },
    ]);
  });

  it('are on macOS exactly the scripts that it runs, without taking them from the editor', () => {
    expect(associations(configuration.mac?.fileAssociations)).toMatchObject([
      { ext: scriptExtensions, role: 'Viewer', rank: 'Alternate' },
    ]);
  });

  it('are on Windows the same scripts, which the installer offers and the uninstaller gives back', () => {
    const text = readFileSync(join(root, configuration.nsis!.include!), 'utf8');
    const keysOf = (command: string) =>
      [...text.matchAll(new RegExp(`${command} SHELL_CONTEXT "Software\\\\Classes\\\\\\.(\\w+)(.*?)"`, 'g'))].map(
        ([, extension, rest]) => `${extension}${rest}`,
      );
    const offered = scriptExtensions.map((extension) => `${extension}\\OpenWithProgids`);
    expect(keysOf('WriteRegNone')).toEqual(offered);
    expect(keysOf('DeleteRegValue')).toEqual(offered);
    // The default value of an extension's key would make it the program that opens them.
    expect(keysOf('WriteRegStr')).toEqual([]);
    expect(associations(configuration.win?.fileAssociations)).toEqual([]);
  });

  it('are on Linux scripts by the types that the system has, and no type of a script is registered', () => {
    expect(configuration.linux?.mimeTypes).toEqual([
      'application/javascript',
      'text/javascript',
      'application/typescript',
      'text/typescript',
    ]);
    expect(associations(configuration.linux?.fileAssociations)).toEqual([]);
    // The other systems hand over paths by themselves; a desktop entry says that it wants them.
    expect(configuration.deb?.executableArgs).toEqual(['%F']);
  });
});

describe('which Electron is packed', () => {
  const facts = (differing: Partial<ElectronFacts>) => ({
    named: undefined,
    installed: join('package', 'dist'),
    isForThisMachine: true,
    exists: () => false,
    downloadProblem: vi.fn(async () => undefined as string | undefined),
    ...differing,
  });

  it('is the one that is named, if the program of the system is in it', async () => {
    const named = facts({ named: 'mine', exists: (path) => path === join('mine', 'electron.exe') });
    expect(await chooseElectron('windows', named)).toEqual({ kind: 'folder', folder: 'mine' });
    expect(await chooseElectron('linux', named)).toMatchObject({ kind: 'none', notice: expect.stringMatching('mine') });
    expect(named.downloadProblem).not.toHaveBeenCalled();
  });

  it('is the one that is installed, and then no network is asked', async () => {
    const installed = facts({ exists: (path) => path === join('package', 'dist', 'electron') });
    expect(await chooseElectron('linux', installed)).toEqual({ kind: 'folder', folder: join('package', 'dist') });
    expect(installed.downloadProblem).not.toHaveBeenCalled();
  });

  it("is never the installed one for another machine's system", async () => {
    const other = facts({ isForThisMachine: false, exists: () => true });
    expect(await chooseElectron('windows', other)).toEqual({ kind: 'download' });
  });

  it('is none where it cannot be downloaded, with the reason and what to do on one line', async () => {
    const cutOff = facts({ downloadProblem: async () => 'download.example did not answer within 6 s' });
    const choice = await chooseElectron('linux', cutOff);
    expect(choice).toEqual({ kind: 'none', notice: expect.stringMatching(/^[^\n]+\.$/) });
    for (const part of ['did not answer within 6 s', 'ELECTRON_MIRROR', 'ELECTRON_OVERRIDE_DIST_PATH']) {
      expect(choice).toMatchObject({ notice: expect.stringContaining(part) });
    }
  });

  it('is for the system of this machine', () => {
    expect([systemOf('linux'), systemOf('darwin'), systemOf('win32')]).toEqual(['linux', 'mac', 'windows']);
    expect(systemOf('freebsd')).toBeUndefined();
  });
});

describe('whether the tools for installers can be had', () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });
  async function mirror(server: Server): Promise<NodeJS.ProcessEnv> {
    servers.push(server);
    server.on('connection', (socket) => sockets.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
    return { ELECTRON_BUILDER_BINARIES_MIRROR: `http://127.0.0.1:${address.port}/tools/` };
  }

  it('is asked of the mirror, whatever its first page is', async () => {
    const answering = await mirror(createHttpServer((_request, response) => response.writeHead(404).end()));
    expect(await toolsProblem(5_000, answering)).toBeUndefined();
  });

  it('is told within the time given, on one line, when it says nothing', async () => {
    const silent = await mirror(createServer());
    const problem = await toolsProblem(300, silent);
    expect(problem).toMatch(/^[^\n]*did not answer within 0\.3 s[^\n]*ELECTRON_BUILDER_BINARIES_MIRROR[^\n]*\.$/);
    expect(await toolsProblem(300, { ...silent, ELECTRON_BUILDER_CACHE: folder })).toBeUndefined();
  });
});

describe('npm run dist', () => {
  it('ends with status 2 and one line for words that it does not know', async () => {
    for (const words of [['--directory'], ['linux'], ['--output'], ['--dir=yes']]) {
      const { status, stdout, stderr } = await dist(words);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/^[^\n]+[^.]\. Try npm run dist -- --help\.\n$/);
    }
  });

  it('tells its options', async () => {
    const { status, stdout } = await dist(['--help']);
    expect(status).toBe(0);
    for (const option of ['--dir', '--linux', '--mac', '--windows']) expect(stdout).toContain(option);
  });

  it("ends with status 1 and one line that says what to do without Electron's program", async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const { status, stdout, stderr } = await dist(['--dir'], { ELECTRON_OVERRIDE_DIST_PATH: empty });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^ELECTRON_OVERRIDE_DIST_PATH names [^\n]*Electron's program[^\n]+\.\n$/);
  });
});

describe('packing that fails', () => {
  it('ends with status 1 and one line of its own, after what the packer says', async () => {
    const damaged = join(folder, 'damaged');
    mkdirSync(join(damaged, 'resources'), { recursive: true });
    writeFileSync(join(damaged, 'electron'), 'without fuses');
    const words = ['--linux', '--dir', '--no-build', '--output', join(folder, 'damaged-output')];
    const { status, stderr } = await dist(words, { ELECTRON_OVERRIDE_DIST_PATH: damaged });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Not packed for Linux: [^\n]*sentinel[^\n]*\n$/);
  });
});

/** What Electron's program has in it, and what the fuses of the eight are set to; what is behind them stays. */
const FUSE_SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const FUSE_VERSION = 1;
const FUSES_BEFORE = '1011000111';
const FUSES_AFTER = '0100110011';

describe('the packed application', () => {
  const electron = join(folder, 'electron');
  const output = join(folder, 'output');
  const application = join(output, 'linux-unpacked');
  const archive = join(application, 'resources', 'app.asar');
  const unpacked = `${archive}.unpacked`;
  const { listPackage, extractFile, statFile } = fromBuilder('@electron/asar') as typeof import('@electron/asar');
  let packed: Ending;
  let names: string[] = [];
  const isUnpacked = (name: string) => 'unpacked' in statFile(archive, name, false);

  // For Linux on every machine: nothing but copying and the archive is done for it, and no tool is needed.
  beforeAll(async () => {
    mkdirSync(join(electron, 'resources'), { recursive: true });
    writeFileSync(join(electron, 'version'), '45.0.0');
    writeFileSync(join(electron, 'LICENSE'), 'The license of Electron');
    writeFileSync(join(electron, 'LICENSES.chromium.html'), 'The licenses of Chromium');
    writeFileSync(join(electron, 'resources', 'default_app.asar'), "Electron's own application");
    writeFileSync(
      join(electron, 'electron'),
      Buffer.concat([
        Buffer.from(`the program ${FUSE_SENTINEL}`),
        Buffer.from([FUSE_VERSION, FUSES_BEFORE.length]),
        Buffer.from(`${FUSES_BEFORE} and more of it`),
      ]),
      { mode: 0o755 },
    );
    packed = await dist(['--linux', '--dir', '--no-build', '--output', output], {
      ELECTRON_OVERRIDE_DIST_PATH: electron,
    });
    if (packed.status !== 0) return;
    names = listPackage(archive, { isPack: false })
      .map((name) => name.replaceAll('\\', '/').slice(1))
      .filter((name) => !('files' in statFile(archive, name, false)));
  }, 170_000);

  it('is made from an unpacked Electron without a network', () => {
    expect(packed, packed.stderr).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`Packed into ${output}`),
    });
  });

  it('has the fuses set in its program', () => {
    const program = readFileSync(join(application, 'heapline'), 'latin1');
    const states = program.slice(program.indexOf(FUSE_SENTINEL) + FUSE_SENTINEL.length + 2);
    expect(states).toBe(`${FUSES_AFTER} and more of it`);
  });

  it("has lost Electron's own application", () => {
    expect(readdirSync(join(application, 'resources')).sort()).toEqual([
      'THIRD-PARTY-NOTICES.txt',
      'app.asar',
      'app.asar.unpacked',
    ]);
    expect(existsSync(join(application, 'version'))).toBe(false);
  });

  it("has the licenses of third parties beside the archive, with Electron's and Chromium's", () => {
    const read = (name: string) => readFileSync(join(application, name), 'utf8');
    expect(read('resources/THIRD-PARTY-NOTICES.txt')).toBe(
      readFileSync(join(root, 'out/THIRD-PARTY-NOTICES.txt'), 'utf8'),
    );
    expect(read('LICENSE.electron.txt')).toBe('The license of Electron');
    expect(read('LICENSES.chromium.html')).toBe('The licenses of Chromium');
  });

  it('holds what the application needs and nothing else', () => {
    const packages = new Set(names.flatMap((name) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []));
    expect([...packages].sort()).toEqual([
      '@jridgewell/resolve-uri',
      '@jridgewell/sourcemap-codec',
      '@jridgewell/trace-mapping',
      'fast-png',
      'fflate',
      'iobuffer',
      'valibot',
    ]);
    const folders = new Set(
      names.filter((name) => !name.startsWith('node_modules/')).map((name) => name.split('/', 2).join('/')),
    );
    expect([...folders].sort()).toEqual([
      'LICENSE',
      'out/engine',
      'out/main',
      'out/package.json',
      'out/preload',
      'out/protocol',
      'out/renderer',
      'out/scenarios',
      'package.json',
      'resources/images',
    ]);
    expect(names.filter((name) => /\.(?:map|d\.[cm]?ts|tmp)$|\.test\./.test(name))).toEqual([]);
  });

  it('begins with its main process, which the archive keeps', () => {
    const manifest = JSON.parse(extractFile(archive, 'package.json').toString()) as Record<string, unknown>;
    expect(manifest).toMatchObject({
      name: 'heapline',
      main: 'out/main/index.js',
      type: 'module',
      desktopName: 'heapline.desktop',
    });
    expect(manifest).not.toHaveProperty('devDependencies');
    for (const name of ['package.json', 'out/main/index.js', 'out/preload/index.cjs', 'out/renderer/index.html']) {
      expect(names).toContain(name);
      expect(isUnpacked(name), name).toBe(false);
    }
  });

  it('has every file that the main process names, and beside the archive each that another process loads', () => {
    const named = Object.values(builtPaths('out')).map((path) => path.replaceAll(sep, '/'));
    for (const name of named) {
      const found = names.filter((candidate) => candidate === name || candidate.startsWith(`${name}/`));
      expect(found, name).not.toEqual([]);
      const isOurs = /^out\/(?:preload|renderer)\b/.test(name);
      for (const file of found) {
        expect(isUnpacked(file), file).toBe(!isOurs);
        if (!isOurs) expect(existsSync(join(unpacked, file)), file).toBe(true);
      }
    }
    // Those of the observer find each other by their folder; the folder is one.
    for (const name of readdirSync(join(root, 'out/engine'))) expect(isUnpacked(`out/engine/${name}`), name).toBe(true);
  });

  it('says of the scenarios that they are modules, without letting out what the application begins with', () => {
    expect(JSON.parse(readFileSync(join(unpacked, 'out/package.json'), 'utf8'))).toEqual({ type: 'module' });
    expect(existsSync(join(unpacked, 'package.json'))).toBe(false);
  });

  it('has beside the archive the same files as were built', () => {
    const built = names.filter((name) => isUnpacked(name) && !name.startsWith('node_modules/'));
    expect(built.length).toBeGreaterThan(40);
    for (const name of built) {
      const original = name === 'out/package.json' ? 'scripts/packaging/unpacked/package.json' : name;
      expect(readFileSync(join(unpacked, name)).equals(readFileSync(join(root, original))), name).toBe(true);
    }
  });

  it.each(ALL_RUNTIMES.filter(({ isInstalled }) => isInstalled))(
    'lets $name load every scenario and all that it imports from beside the archive',
    async ({ nodePath }) => {
      // The folder is one for temporary files, so that no package of the project is found from it.
      expect(relative(root, unpacked).startsWith('..')).toBe(true);
      const program = `
      const { readdir } = await import('node:fs/promises');
      const { pathToFileURL } = await import('node:url');
      const loaded = [];
      for (const name of (await readdir('out/scenarios')).filter((name) => name.endsWith('.js'))) {
        await import(pathToFileURL('out/scenarios/' + name));
        loaded.push(name);
      }
      const pictures = await readdir('resources/images');
      console.log(JSON.stringify({ scenarios: loaded.length, pictures: pictures.length }));`;
      const { status, stdout, stderr } = await run(
        nodePath,
        ['--require', join(unpacked, 'out/engine/observe.cjs'), '--input-type=module', '--eval', program],
        { cwd: unpacked },
      );
      expect(stderr).toBe('');
      expect(status).toBe(0);
      const loaded = JSON.parse(stdout) as { scenarios: number; pictures: number };
      expect(loaded.scenarios).toBe(
        readdirSync(join(root, 'out/scenarios')).filter((name) => name.endsWith('.js')).length,
      );
      expect(loaded.pictures).toBe(readdirSync(join(root, 'resources/images')).length);
    },
  );

  it.each(['image-pipeline', 'simple'])(
    'runs and explains %s on a plain node, all of it from beside the archive',
    async (id) => {
      const locations = {
        observerPath: join(unpacked, 'out/engine/probe.cjs'),
        scenarioRunnerPath: join(unpacked, 'out/engine/scenario-runner.mjs'),
        explainWorkerPath: join(unpacked, 'out/engine/explain-worker.mjs'),
        scenariosFolder: join(unpacked, 'out/scenarios'),
      };
      const engine = createEngine({
        launcher: createNodeLauncher({ nodePath: process.execPath }),
        host: describeHost('headless'),
        scenarios: SCENARIOS,
        locations,
      });
      const [clientPort, enginePort] = createMemoryPortPair<Command, EngineEvent>();
      engine.attach(enginePort);
      using client = createEngineClient(clientPort);
      try {
        await client.hello();
        const { runId = '' } = await client.request({
          type: 'start-run',
          program: { kind: 'scenario', id, parameters: {} },
          explain: true,
        });
        let report: RunReport | undefined;
        await client.follow(runId, (batch) => {
          if (batch.type === 'ended') report = batch.report;
        });
        expect(report).toMatchObject({ outcome: { status: 'completed' }, prediction: { held: true } });
      } finally {
        await engine.close();
      }
    },
  );
});
