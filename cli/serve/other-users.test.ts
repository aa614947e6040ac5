// What another user of the machine sees of `heapline serve`, and what it can do with that. Run as root, another user really
// looks: a process that gives up root before it reads anything. Otherwise this user reads what every user can.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../scripts/built-parts.ts';
import { createOneTimeCodes } from './one-time-codes.ts';
import { browserEntry, writeRedirect } from './open-browser.ts';
import { peerUserId } from './peer-user.ts';
import { startServedHost } from './served-host.ts';

const MAIN = join(import.meta.dirname, '..', 'main.ts');
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heapline-others-'));
  // Another user may look around in it: what is private in it has to be so by itself.
  await chmod(folder, 0o755);
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs as another user: prints every readable file below a folder, every command line and every environment. */
const LOOK_AROUND = `
const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
if (process.getuid() === 0) { process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY}); }
const read = (path) => { try { console.log(path + '\\n' + readFileSync(path, 'utf8').replaceAll('\\0', ' ')); } catch {} };
const walk = (folder) => {
  let entries = [];
  try { entries = readdirSync(folder, { withFileTypes: true }); } catch { return; }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path); else if (entry.isFile()) read(path);
  }
};
walk(process.argv[1]);
for (const pid of readdirSync('/proc').filter((name) => /^\\d+$/.test(name) && Number(name) !== process.pid)) {
  read('/proc/' + pid + '/cmdline');
  if (process.getuid() === ${NOBODY}) read('/proc/' + pid + '/environ');
}
`;

/** As another user, asks for the page with the code that it has read; prints status, header and body. */
const TRY_CODE = `
if (process.getuid() === 0) { process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY}); }
fetch(process.argv[1], { redirect: 'manual' }).then(async (response) =>
  console.log(response.status, response.headers.get('location'), await response.text()));
`;

async function runNode(source: string, ...words: string[]): Promise<string> {
  const child = spawn(process.execPath, ['--eval', source, '--', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  return text(child.stdout);
}

describe.runIf(isLinux)('heapline serve with a browser', { timeout: 60_000 }, () => {
  it('shows no other user its token, and lets none in who reads the code', async () => {
    expect(await ensureBuilt('application')).toBe(true);
    const binaries = join(folder, 'binaries');
    await mkdir(binaries);
    // Stays as long as a browser that starts because of it, with the address among its arguments.
    const script = [
      '#!/bin/sh',
      'echo $$ > "$OPENED.pid"',
      'printf %s "$1" > "$OPENED.part"',
      'mv "$OPENED.part" "$OPENED"',
      'sleep 60',
      '',
    ];
    await writeFile(join(binaries, 'xdg-open'), script.join('\n'), { mode: 0o755 });
    const opened = join(folder, 'opened');
    const server = spawn(process.execPath, [MAIN, 'serve', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PATH: [binaries, dirname(process.execPath), process.env['PATH']].join(delimiter),
        DISPLAY: ':1',
        OPENED: opened,
        TMPDIR: folder,
        HEAPLINE_SCENARIOS: join(folder, 'none'),
      },
    });
    try {
      const said = text(server.stderr);
      const [line] = (await once(server.stdout, 'data')) as [Buffer];
      const address = new URL(line.toString().trim().split(' ').at(-1) ?? '');
      const token = address.searchParams.get('token') ?? '';
      expect(token).toMatch(/^[\w-]{32}$/);
      const read = () => readFile(opened, 'utf8').catch(() => undefined);
      while ((await read()) === undefined) await pause(20);
      const code = (await read()) ?? '';

      const seen = await runNode(LOOK_AROUND, folder);
      expect(seen).toContain('xdg-open');
      expect(seen).toContain(code);
      expect(seen).not.toContain(token);

      if (isRoot) {
        const refused = await runNode(TRY_CODE, code);
        expect(refused).toMatch(/^403 null This address works once/);
      }
      // The browser that was meant still gets in, once.
      const page = await fetch(code, { redirect: 'manual' });
      expect(page.status).toBe(303);
      expect(page.headers.get('location')).toBe(address.href);
      expect(page.headers.get('referrer-policy')).toBe('no-referrer');
      expect((await fetch(code, { redirect: 'manual' })).status).toBe(403);
      server.kill('SIGTERM');
      expect(await said).toBe(
        isRoot
          ? `Another user (id ${NOBODY}) read the one-time code that was meant for your browser, tried it, and was refused.\n`
          : '',
      );
    } finally {
      server.kill('SIGKILL');
      const browserPid = Number(await readFile(`${opened}.pid`, 'utf8').catch(() => ''));
      if (browserPid > 1) process.kill(-browserPid, 'SIGKILL');
    }
  });

  it('prints no token into a file that others can read', async () => {
    expect(await ensureBuilt('application')).toBe(true);
    const print = async (mode: number): Promise<string> => {
      const path = join(folder, `log-${mode}`);
      const log = await open(path, 'w', mode);
      await log.chmod(mode);
      const server = spawn(process.execPath, [MAIN, 'serve', '--no-open', '--port', '0'], {
        stdio: ['ignore', log.fd, 'ignore'],
        env: { ...process.env, HEAPLINE_SCENARIOS: join(folder, 'none') },
      });
      try {
        while (!(await readFile(path, 'utf8')).endsWith('\n')) await pause(20);
        return await readFile(path, 'utf8');
      } finally {
        server.kill('SIGKILL');
        await log.close();
      }
    };
    expect(await print(0o644)).toMatch(/^Heapline is at http:\/\/127\.0\.0\.1:\d+\/\n$/);
    expect(await print(0o600)).toMatch(/\/\?token=[\w-]{32}\n$/);
  });
});

describe('a one-time code', () => {
  it('is exchanged once, and not after a minute', () => {
    let nowMs = 0;
    const codes = createOneTimeCodes(() => nowMs);
    const [first, second] = [codes.issue('a'), codes.issue('b')];
    expect([codes.redeem(null), codes.redeem(''), codes.redeem(`${first}x`)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([codes.redeem(first), codes.redeem(first)]).toEqual(['a', undefined]);
    nowMs = 60_000;
    expect(codes.isValid(second)).toBe(false);
    expect(codes.redeem(second)).toBeUndefined();
  });

  it('is exchanged by GET alone, for this user alone, and leads to the page with what it begins with', async () => {
    let user: number | undefined = NOBODY;
    const strangers: string[] = [];
    const served = await startServedHost({
      host: '127.0.0.1',
      port: 0,
      token: 'token-of-the-host',
      rendererFolder: folder,
      peerUserId: () => Promise.resolve(user),
      onStranger: (problem) => strangers.push(problem),
      onClient: () => {},
    });
    try {
      const address = served.oneTimeAddress('script=%2Fa.mjs');
      expect(address).not.toContain('token-of-the-host');
      const ask = async (method = 'GET', at = address) => fetch(at, { method, redirect: 'manual' });
      expect((await ask()).status).toBe(403);
      expect((await ask('GET', `${served.address}&code=1`.replace('/?', '/open?'))).status).toBe(403);
      user = undefined;
      expect((await ask()).status).toBe(403);
      expect(strangers).toHaveLength(2);
      user = process.geteuid?.();
      expect((await ask('HEAD')).status).toBe(405);
      expect((await ask()).headers.get('location')).toBe(`${served.address}#script=%2Fa.mjs`);
      expect((await ask()).status).toBe(403);
    } finally {
      await served.close();
    }
  });
});

describe.runIf(isLinux)('the user at the other end of a connection', () => {
  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('is known for %s', async (host) => {
    const server = createServer().listen(0, '::');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const client = connect(port, host);
    const [accepted] = (await once(server, 'connection')) as [typeof client];
    const end = (address = '', at = 0) => ({ address, port: at });
    const [peer, own] = [
      end(accepted.remoteAddress, accepted.remotePort),
      end(accepted.localAddress, accepted.localPort),
    ];
    expect(await peerUserId(peer, own)).toBe(process.geteuid?.());
    expect(await peerUserId(end(peer.address, 1), own)).toBeUndefined();
    const closed = once(accepted.resume(), 'end');
    client.destroy();
    await closed;
    expect(await peerUserId(peer, own)).toBeUndefined();
    accepted.destroy();
    server.close();
  });
});

describe('how a browser is given the code', () => {
  it('is by argument only where no other user can read or use it', () => {
    expect([
      browserEntry('linux', () => true),
      browserEntry('linux', () => false),
      browserEntry('darwin', () => true),
      browserEntry('win32', () => false),
      browserEntry('freebsd', () => true),
    ]).toEqual(['argument', 'private-file', 'private-file', 'argument', 'private-file']);
  });

  it.skipIf(process.platform === 'win32')("is else a file that is this user's alone, and is removed", async () => {
    const redirect = writeRedirect('http://127.0.0.1:1/open?code=a&b="');
    const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
    expect([await modeOf(redirect.path), await modeOf(dirname(redirect.path))]).toEqual([0o600, 0o700]);
    expect(await readFile(redirect.path, 'utf8')).toContain(
      'content="0;url=http://127.0.0.1:1/open?code=a&amp;b=&quot;"',
    );
    redirect[Symbol.dispose]();
    await expect(stat(dirname(redirect.path))).rejects.toThrow('ENOENT');
  });
});
