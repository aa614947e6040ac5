// The README's commands do what it says.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const readme = readFileSync(resolve(root, 'README.md'), 'utf8');
const commands = [...readme.matchAll(/^npm run --silent heapline -- (.*)$/gm)].map(([, args = '']) => args);
const heapline = (...args: string[]) =>
  execFileSync('npm', ['run', '--silent', 'heapline', '--', ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });

const LEAK = `class Session {}
const registry = new FinalizationRegistry(() => {});
const cache = new Map();
for (const user of ['ada', 'max']) {
  const session = new Session();
  cache.set(user, session);
  registry.register(session, user);
}
globalThis.sessions = () => [cache, registry];
`;

describe('the README', () => {
  it('lists the scenarios and runs the first', () => {
    expect(commands).toContain('list');
    expect(heapline('list')).toContain('image-pipeline');
    expect(commands).toContain('run simple');
    expect(heapline('run', 'simple')).toContain('Clean up: Object 1');
  });

  it('uses commands and options that exist', () => {
    // What comes after `--` is the script's.
    const words = commands.map((command) => command.split(' -- ')[0]?.split(' ') ?? []);
    const verbs = [...new Set(words.map(([verb = '']) => verb))];
    expect(verbs).toEqual(expect.arrayContaining(['list', 'run', 'nodes', 'targets', 'serve']));
    for (const verb of verbs) {
      const help = heapline(verb, '--help');
      expect(help).toContain(`Usage: heapline ${verb} `);
      const known = [...help.matchAll(/^ +(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option);
      const used = words
        .filter(([first]) => first === verb)
        .flatMap((args) => args.flatMap((arg) => /^--[\w-]+/.exec(arg) ?? []));
      expect(known).toEqual(expect.arrayContaining(used));
    }
  });

  it('shows what a script that leaks is told', () => {
    const [, path = '', fix = ''] = /^```\n(module leak\.mjs → .+)\n(.+)\n```$/m.exec(readme) ?? [];
    expect(fix).toContain('leak.mjs:3');
    const folder = mkdtempSync(join(tmpdir(), 'heapline-readme-'));
    try {
      const script = join(folder, 'leak.mjs');
      writeFileSync(script, LEAK);
      const told = heapline('run', script, '--why', '--gc', 'major', '--settle', '200').split('\n');
      expect(told).toEqual(expect.arrayContaining([`    ${path}`, `    ${fix}`]));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('points at files that exist', () => {
    const links = [...readme.matchAll(/\]\((?!http)([^)]+)\)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((path) => !existsSync(resolve(root, path)))).toEqual([]);
  });
});
