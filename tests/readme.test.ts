// The README's commands do what it says.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const readme = readFileSync(resolve(root, 'README.md'), 'utf8');
const commands = [...readme.matchAll(/^npm run --silent heapline -- (.*)$/gm)].map(([, args = '']) => args);
const heapline = (args: string) =>
  execFileSync('npm', ['run', '--silent', 'heapline', '--', ...args.split(' ')], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });

describe('the README', () => {
  it('lists the scenarios and runs the first', () => {
    expect(commands).toContain('list');
    expect(heapline('list')).toContain('image-pipeline');
    expect(commands).toContain('run simple');
    expect(heapline('run simple')).toContain('Clean up: Object 1');
  });

  it('uses options that exist', () => {
    const help = { run: heapline('run --help'), serve: heapline('serve --help') };
    for (const command of commands) {
      const [verb, ...args] = command.split(' -- ')[0]?.split(' ') ?? [];
      if (verb !== 'run' && verb !== 'serve') continue;
      for (const option of args.filter((arg) => arg.startsWith('--'))) expect(help[verb]).toContain(option);
    }
  });

  it('points at files that exist', () => {
    const links = [...readme.matchAll(/\]\((?!http)([^)]+)\)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((path) => !existsSync(resolve(root, path)))).toEqual([]);
  });
});
