// Scenarios of one's own as a shell sees them: written, listed, run, and told what is wrong with them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as v from 'valibot';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ScenarioProblem } from '../engine/protocol/own-scenario.ts';
import { RunReport } from '../engine/protocol/run-report.ts';
import { ensureBuilt } from '../scripts/built-parts.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

const ListDocument = v.object({
  schemaVersion: v.literal(1),
  scenarios: v.array(v.object({ id: v.string() })),
  own: v.array(
    v.object({
      path: v.string(),
      id: v.exactOptional(v.string()),
      title: v.exactOptional(v.string()),
      parameters: v.exactOptional(v.array(v.object({ name: v.string() }))),
      problem: v.exactOptional(ScenarioProblem),
    }),
  ),
});

describe('scenarios of one’s own on the command line', () => {
  let folder: string;
  let scenarios: string;
  beforeAll(async () => {
    expect(await ensureBuilt('engine')).toBe(true);
  }, 120_000);
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'heapline-cli-own-')));
    scenarios = join(folder, 'scenarios');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function heapline(...words: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [MAIN, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, HEAPLINE_SCENARIOS: scenarios },
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { status: child.exitCode, stdout, stderr };
  }
  async function change(path: string, from: string, to: string): Promise<void> {
    const before = await readFile(path, 'utf8');
    expect(before).toContain(from);
    await writeFile(
      path,
      before.replace(from, () => to),
    );
  }
  const lineOf = async (path: string, words: string) =>
    (await readFile(path, 'utf8')).split('\n').findIndex((line) => line.includes(words)) + 1;

  it('are written by new, which says where and what to do, listed, and run', async () => {
    expect((await heapline('list')).stdout).toMatch(/Write one of your own with: heapline new <name>\n$/);
    const made = await heapline('new', 'Leaky Cache');
    const path = join(scenarios, 'leaky-cache.mjs');
    expect(made.status).toBe(0);
    expect(made.stdout).toMatch(new RegExp(`^${path}\n[^]*heapline run leaky-cache\n`));

    const [plain, json, run] = await Promise.all([
      heapline('list'),
      heapline('list', '--json'),
      heapline('run', 'leaky-cache', '--set', 'objects=4', '--set', 'keepHalf=false', '--json'),
    ]);
    expect(plain.stdout).toMatch(/\nMine\n\nleaky-cache +Leaky Cache\n +One line[^]*--set objects=6 \(a whole number/);
    const { own, scenarios: builtIn } = v.parse(ListDocument, JSON.parse(json.stdout));
    expect(builtIn.map(({ id }) => id)).not.toContain('leaky-cache');
    expect(own).toEqual([
      { path, id: 'leaky-cache', title: 'Leaky Cache', parameters: [{ name: 'objects' }, { name: 'keepHalf' }] },
    ]);
    const report = v.parse(RunReport, JSON.parse(run.stdout));
    expect(report).toMatchObject({
      scenario: { id: 'leaky-cache', parameters: { objects: 4, keepHalf: false } },
      registrations: { total: 4, finalized: 4 },
      prediction: { held: true },
    });
    expect(run.status).toBe(0);
  });

  it('end with the status that their prediction deserves, also in an experiment', async () => {
    await heapline('new', 'mine');
    const path = join(scenarios, 'mine.mjs');
    await change(path, 'held: objects.length === parameters.objects', 'held: objects.length === 99');
    const [missed, experiment] = await Promise.all([
      heapline('run', 'mine'),
      heapline('run', 'mine', '--runs', '1', '--gc', 'major', '--json'),
    ]);
    expect(missed.stdout).toContain('Prediction did not hold:\n  ✗ 6 objects are registered\n    observed: 6 are\n');
    expect([missed.status, experiment.status]).toEqual([1, 1]);
    expect(JSON.parse(experiment.stdout)).toMatchObject({
      title: 'Mine',
      policies: [{ runs: [{ predictionHeld: false }] }],
    });

    await change(path, 'const finalized =', "throw new Error('on purpose');\n  const finalized =");
    const thrown = await heapline('run', 'mine');
    const line = await lineOf(path, 'on purpose');
    expect(thrown.stdout).toContain('The prediction could not be checked: `predict` throws: Error: on purpose');
    expect(thrown.stdout).toMatch(new RegExp(`\n${path}:${line}:9\n[^]*> ${line} \\| +throw new Error`));
    expect(thrown.status).toBe(1);
  });

  it('are refused in one line that names file and line where they cannot be used, and the others work', async () => {
    await mkdir(scenarios);
    await heapline('new', 'good');
    await heapline('new', 'bad');
    const path = join(scenarios, 'bad.mjs');
    await change(path, "  lookFor: 'What to look at on the timeline.',\n", '');
    const line = await lineOf(path, 'export const scenario');
    const [bad, good, plain, json] = await Promise.all([
      heapline('run', 'bad'),
      heapline('run', 'good'),
      heapline('list'),
      heapline('list', '--json'),
    ]);
    const told = `${path}:${line}:14: \`lookFor\` is missing. Allowed: a text.`;
    expect(bad).toEqual({ status: 2, stdout: '', stderr: `heapline: ${told}\n` });
    expect(good.status).toBe(0);
    expect(plain.stdout).toMatch(/\nMine\n\ngood +Good\n/);
    expect(plain.stdout).toContain(`\nbad: cannot be used.\n${told}\n`);
    const { own } = v.parse(ListDocument, JSON.parse(json.stdout));
    expect(own).toMatchObject([
      { path, id: 'bad', title: 'Bad', problem: { place: { file: path, line } } },
      { id: 'good' },
    ]);
    expect([plain.status, json.status]).toEqual([0, 0]);
  });

  it.each<[words: string[], problem: RegExp]>([
    [['new'], /missing required argument.*Allowed: heapline new/i],
    [['new', ''], /Allowed: a value that is not empty/],
    [['new', '../up'], /no name for a scenario\. Allowed: letters, digits/],
    [['new', 'simple'], /There is a scenario simple already\. Allowed: another name/],
    [['new', 'mine'], /There is a scenario mine already\. Allowed: another name/],
    [['run', 'mine', '--set', 'objects=0'], /cannot be "0"\. Allowed: a whole number from 1 to 1000/],
    [['run', 'mine', '--set', 'colour=red'], /no parameter "colour"\. Allowed: objects, keepHalf/],
    [['run', 'mine', '--', 'word'], /mine takes no arguments/],
    [['run', 'nobody'], /no scenario "nobody"\. Allowed: simple, .*, mine, or a file/],
  ])('refuse %j with status 2 and what is allowed', async (words, problem) => {
    await mkdir(scenarios);
    const template = await readFile(join(import.meta.dirname, '../resources/scenario-template.mjs'), 'utf8');
    await writeFile(join(scenarios, 'mine.mjs'), template.replaceAll('my-scenario', 'mine'));
    const { status, stdout, stderr } = await heapline(...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^heapline: [^\n]*\n$/);
    expect(stderr).toMatch(problem);
  });
});
