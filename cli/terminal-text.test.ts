// No command gives a terminal anything to act on that comes from elsewhere: real commands, names that would write the clipboard.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../scripts/built-parts.ts';
import { createOutput } from './output.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
/** Writes the clipboard, then turns the direction of what follows. */
const HOSTILE = '\u001b]52;c;aGk=\u0007\u202e\u009b2J';
const SHOWN = '\\u001b]52;c;aGk=\\u0007\\u202e\\u009b2J';
const ACTIVE = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

let folder: string;
async function heapline(...words: string[]) {
  const child = spawn(process.execPath, [MAIN, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
    env: { ...process.env, HEAPLINE_SCENARIOS: join(folder, 'scenarios') },
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { stdout, stderr, status: child.exitCode };
}

beforeAll(async () => {
  expect(await ensureBuilt('engine')).toBe(true);
  folder = mkdtempSync(join(tmpdir(), 'heapline-terminal-'));
  mkdirSync(join(folder, 'scenarios'));
  writeFileSync(join(folder, 'scenarios', 'broken.mjs'), `throw new Error(${JSON.stringify(HOSTILE)});`);
  writeFileSync(
    join(folder, `leak${HOSTILE.replaceAll('/', '')}.mjs`),
    `const registry = new FinalizationRegistry(() => {});
     globalThis.kept = { [${JSON.stringify(HOSTILE)}]: {} };
     registry.register(kept[${JSON.stringify(HOSTILE)}], 'label ' + ${JSON.stringify(HOSTILE)});
     console.log('out ' + ${JSON.stringify(HOSTILE)});
     console.error('err ' + ${JSON.stringify(HOSTILE)});
     setTimeout(() => { throw new Error('thrown ' + ${JSON.stringify(HOSTILE)}); }, 50);`,
  );
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('what a command prints of others', { timeout: 60_000 }, () => {
  it('can be read, and does nothing: a run, its report, its document', async () => {
    const name = `leak${HOSTILE}.mjs`;
    const run = await heapline('run', name, '--why', '--record', 'a.heapline');
    // What the program prints is passed on as it is where no terminal is.
    const [output, report = ''] = run.stdout.split(`out ${HOSTILE}\n`);
    expect(output).toBe('');
    expect(report).toContain(SHOWN);
    expect(report).not.toMatch(ACTIVE);
    expect(run.stderr).toContain(`err ${HOSTILE}`);
    for (const words of [
      ['report', 'a.heapline'],
      ['report', 'a.heapline', '--json'],
    ]) {
      const { stdout, stderr } = await heapline(...words);
      expect(stdout).toContain(SHOWN);
      expect(stdout + stderr).not.toMatch(ACTIVE);
      if (words.includes('--json')) {
        const { objects } = JSON.parse(stdout) as { objects: { label: string }[] };
        expect(objects[0]?.label).toBe(`label ${HOSTILE}`);
      }
    }
  });

  it.each([
    [['list']],
    [['list', '--json']],
    [['run', `${HOSTILE}.mjs`]],
    [['run', 'a.mjs', `--${HOSTILE}`]],
    [['report', `${HOSTILE}.heapline`]],
    [['watch', HOSTILE]],
    [['targets', HOSTILE]],
    [['nodes', `--${HOSTILE}`]],
    [['new', HOSTILE]],
    [['run', 'simple', '--node', `/${HOSTILE}`]],
    [[HOSTILE]],
  ])('can be read, and does nothing: %j', async (words) => {
    const { stdout, stderr } = await heapline(...words);
    expect(stdout + stderr).not.toBe('');
    expect(stdout + stderr).not.toMatch(ACTIVE);
  });
});

describe('what a program prints', () => {
  async function printed(isTTY: boolean, ...pieces: string[]): Promise<string> {
    let shown = '';
    const stream = Object.assign(
      new Writable({
        write(chunk, _encoding, done) {
          shown += String(chunk);
          done();
        },
      }),
      { isTTY },
    );
    const output = createOutput(stream);
    for (const piece of pieces) await output.writeOfProgram(piece);
    await output.write(`report ${HOSTILE}\n`);
    await output.flush();
    return shown;
  }

  it('has its colors on a terminal, and nothing else that a terminal acts on', async () => {
    const shown = await printed(true, '\u001b[3', '1mred', HOSTILE, '\u001b[');
    expect(shown).toBe(`\u001b[31mred${SHOWN}\\u001b[\u001b[0mreport ${SHOWN}\n`);
  });

  it('is passed on as it is where there is no terminal', async () => {
    expect(await printed(false, HOSTILE)).toBe(`${HOSTILE}report ${SHOWN}\n`);
  });
});
