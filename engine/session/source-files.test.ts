import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkScript, checkWorkingDirectory, listFolder, readSource } from './source-files.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'heapline-sources-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(name: string, content: string | Uint8Array = ''): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const refusal = (kind: string, message: RegExp) => ({
  refusal: kind,
  message: expect.stringMatching(message) as string,
});

describe('checkScript', () => {
  it.each(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'])('takes a text that ends in %s', async (extension) => {
    await expect(checkScript(put(`script${extension}`, 'console.log("ü")'))).resolves.toBeUndefined();
  });

  it('takes an empty script, and one larger than what is checked whose last character checked is cut', async () => {
    await expect(checkScript(put('empty.js'))).resolves.toBeUndefined();
    await expect(
      checkScript(put('large.js', `/*${'x'.repeat(1024 * 1024 - 3)}ü${'y'.repeat(100)}*/`)),
    ).resolves.toBeUndefined();
  });

  it.each([
    '#!/usr/bin/env node\n',
    '#!/usr/bin/env -S node --no-warnings\r\n',
    '#!/usr/bin/env -S A=b node --no-warnings',
    '#!/usr/bin/env -Snode --no-warnings',
    '#! /usr/local/bin/node --no-warnings\n',
    '#!/usr/bin/nodejs\n',
  ])('takes a file without an extension whose first line is %j', async (line) => {
    await expect(checkScript(put('tool', `${line}console.log(1)`))).resolves.toBeUndefined();
  });

  it('takes a link without an extension that leads to a script', async () => {
    symlinkSync(put('script.mjs'), join(folder, 'tool'));
    symlinkSync(join(folder, 'tool'), join(folder, 'tool-2.0'));
    await expect(checkScript(join(folder, 'tool-2.0'))).resolves.toBeUndefined();
  });

  it.each<[string, () => string, RegExp]>([
    ['no path', () => '', /path is empty/],
    ['blanks', () => '  ', /path is empty/],
    ['a relative path', () => 'x.js', /not an absolute path/],
    ['a zero byte', () => '/x\0.js', /zero byte/],
    ['a path that is too long', () => `/${'x'.repeat(5_000)}.js`, /too long/],
    ['a name that is too long', () => join(folder, `${'x'.repeat(300)}.js`), /name is too long/],
    ['a file that is not there', () => join(folder, 'gone.js'), /no file .*gone\.js\.$/],
    ['a file below a file', () => join(put('file.js'), 'x.js'), /part of the path is not a folder/],
    ['a folder', () => folder, /is a folder, not a file/],
    ['a device', () => '/dev/null', /is a device, not a file/],
    ['a device that never ends', () => '/dev/zero', /is a device, not a file/],
    ['another kind of file', () => put('notes.txt', 'text'), /Allowed: files that end in \.js, \.mjs/],
    ['a script of another interpreter', () => put('tool', '#!/usr/bin/env python3\n#!node'), /a Node shebang/],
    ['a script of a shell that starts node', () => put('shim', '#!/bin/sh\nexec node "$0.js"'), /a Node shebang/],
    ['a shebang that is not at the beginning', () => put('late', '\n#!/usr/bin/env node\n'), /a Node shebang/],
    ['zero bytes', () => put('binary.js', Uint8Array.of(0x7f, 0x45, 0, 1)), /binary file.*zero bytes/],
    ['bytes that are no UTF-8', () => put('latin.js', Uint8Array.of(0x22, 0xe4, 0x22)), /not a text in UTF-8/],
    ['text in UTF-16', () => put('wide.js', Buffer.from('\ufefflet a', 'utf16le')), /binary file/],
    [
      'links that go round',
      () => {
        symlinkSync(join(folder, 'b.js'), join(folder, 'a.js'));
        symlinkSync(join(folder, 'a.js'), join(folder, 'b.js'));
        return join(folder, 'a.js');
      },
      /circle/,
    ],
  ])('refuses %s', async (_what, path, message) => {
    await expect(checkScript(path())).rejects.toMatchObject(refusal('bad-file', message));
  });

  it.skipIf(process.platform === 'win32')('refuses a pipe and a socket, and does not wait for them', async () => {
    const pipe = join(folder, 'pipe.js');
    execFileSync('mkfifo', [pipe]);
    await expect(checkScript(pipe)).rejects.toMatchObject(refusal('bad-file', /is a named pipe, not a file/));
    const socket = join(folder, 'socket.js');
    const server = createServer().listen(socket);
    await once(server, 'listening');
    try {
      await expect(checkScript(socket)).rejects.toMatchObject(refusal('bad-file', /is a socket, not a file/));
    } finally {
      server.close();
    }
  });

  it.each([
    ['scirpt.mjs', /Did you mean .*script\.mjs\?$/],
    ['script.js', /Did you mean .*script\.mjs\?$/],
    ['SCRIPT.mjs', /Did you mean .*script\.mjs\?$/],
    ['other.mjs', /no file .*other\.mjs\.$/],
    ['x.mjs', /no file .*x\.mjs\.$/],
  ])('suggests what a name like %s may have meant', async (name, message) => {
    put('script.mjs');
    put('script.txt');
    mkdirSync(join(folder, 'script'));
    await expect(checkScript(join(folder, name))).rejects.toMatchObject(refusal('bad-file', message));
  });
});

describe('checkWorkingDirectory', () => {
  it('takes a folder, and refuses what is none', async () => {
    await expect(checkWorkingDirectory(folder)).resolves.toBeUndefined();
    await expect(checkWorkingDirectory(put('a.js'))).rejects.toMatchObject(refusal('bad-path', /not a folder/));
    mkdirSync(join(folder, 'project'));
    await expect(checkWorkingDirectory(join(folder, 'projcet'))).rejects.toMatchObject(
      refusal('bad-path', /no folder .*projcet\. Did you mean .*project\?/),
    );
  });
});

describe('listFolder', () => {
  it('lists folders, then scripts, by name; hidden ones and packages last; links as what they point to', async () => {
    for (const name of ['b', 'a10', 'a9', '.hidden', 'node_modules']) mkdirSync(join(folder, name));
    for (const name of ['z.mjs', 'Y.ts', '.x.js', 'types.d.ts', 'notes.md', 'data.json']) put(name);
    symlinkSync(join(folder, 'z.mjs'), join(folder, 'linked.cjs'));
    symlinkSync(join(folder, 'b'), join(folder, 'linked-folder'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'broken.js'));
    const listed = await listFolder(folder);
    expect(listed).toMatchObject({ path: folder, parent: realpathSync(tmpdir()) });
    expect(listed.entries.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      'folder a9',
      'folder a10',
      'folder b',
      'folder linked-folder',
      'folder .hidden',
      'folder node_modules',
      'script linked.cjs',
      'script Y.ts',
      'script z.mjs',
      'script .x.js',
    ]);
    expect(listed.entries[0]?.path).toBe(join(folder, 'a9'));
    expect(listed).not.toHaveProperty('entriesOmitted');
  });

  it('lists at most a thousand, and says how many more there are', async () => {
    for (let file = 0; file < 1_007; file += 1) put(`file-${file}.js`);
    const listed = await listFolder(folder);
    expect([listed.entries.length, listed.entriesOmitted, listed.entries[999]?.name]).toEqual([
      1_000,
      7,
      'file-999.js',
    ]);
  });

  it('begins at the user’s home, and has no parent at the top', async () => {
    expect((await listFolder()).path).toBe(homedir());
    expect(await listFolder('/')).not.toHaveProperty('parent');
  });

  it.each<[string, () => string, RegExp]>([
    ['a folder that is not there', () => join(folder, 'gone'), /no folder .*gone/],
    ['a file', () => put('a.js'), /not a folder/],
    ['a relative path', () => '.', /not an absolute path/],
    ['no path', () => '', /empty/],
  ])('refuses %s', async (_what, path, message) => {
    await expect(listFolder(path())).rejects.toMatchObject(refusal('bad-path', message));
  });
});

describe('readSource', () => {
  const nothing = () => false;

  it('gives a script’s text, and when it was last changed', async () => {
    const path = put('a.mjs', 'const ü = 1;\r\n');
    utimesSync(path, new Date(), new Date('2026-01-02T03:04:05Z'));
    expect(await readSource(path, nothing)).toEqual({
      text: 'const ü = 1;\r\n',
      changedAt: '2026-01-02T03:04:05.000Z',
    });
  });

  it('gives another file only where a run names it', async () => {
    const path = put('page.vue', '<script>');
    await expect(readSource(path, nothing)).rejects.toMatchObject(refusal('bad-path', /neither a script nor/));
    expect((await readSource(path, (asked) => asked === path)).text).toBe('<script>');
  });

  it.each<[string, () => string, RegExp]>([
    ['a file that is not there', () => join(folder, 'gone.js'), /no file/],
    ['a binary file', () => put('b.js', Uint8Array.of(0)), /binary/],
    ['a folder named like a script', () => (mkdirSync(join(folder, 'f.js')), join(folder, 'f.js')), /is a folder/],
    [
      'a file that is too large',
      () => {
        const path = put('large.js');
        truncateSync(path, 5 * 1024 * 1024);
        return path;
      },
      /has 6 MB; at most 4 MiB/,
    ],
  ])('refuses %s', async (_what, path, message) => {
    await expect(readSource(path(), nothing)).rejects.toMatchObject(refusal('bad-path', message));
  });

  it.skipIf(process.platform === 'win32')('does not wait for a pipe', async () => {
    const pipe = join(folder, 'pipe.ts');
    execFileSync('mkfifo', [pipe]);
    await expect(readSource(pipe, nothing)).rejects.toMatchObject(refusal('bad-path', /named pipe/));
  });
});
