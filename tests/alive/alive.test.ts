// Small programs that keep an object alive, one for each cause and more for the common ones, each beside its near miss that
// lets go: every cause is told right, in the program's own names, and what was let go of is finalized. In real observed
// processes; what is expected stands in the first line of each program.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { CAUSES } from '../../engine/protocol/vocabulary.ts';
import type { ReportedObject, RunReport } from '../../engine/protocol/run-report.ts';
import { runProgram } from '../run-program.ts';
import { OWN_RUNTIME, RUNTIMES } from '../runtimes.ts';
import { runAndCheckCuts } from '../why/cut-check.ts';

const Expectation = v.union([
  v.literal('finalized'),
  v.strictObject({
    cause: v.picklist(CAUSES),
    /** Each stands in the path or in the sentence; the first stands in the sentence. */
    names: v.array(v.string()),
    /** A function that shares the scope and uses the variable; stands in the sentence. */
    sibling: v.optional(v.string()),
    /** How many objects share the reason; 1: nothing else has its name in its fix. */
    objects: v.optional(v.number()),
    /** The first version of Node that lets the object go. */
    finalizedFrom: v.optional(v.number()),
  }),
]);
/** By label or by number; `*` is for all others. */
const Expectations = v.record(v.string(), Expectation);
type Expectations = v.InferOutput<typeof Expectations>;

const folder = resolve(import.meta.dirname, '../fixtures/alive');

interface AliveProgram {
  readonly name: string;
  readonly path: string;
  readonly expectations: Expectations;
}

const PROGRAMS: readonly AliveProgram[] = readdirSync(folder)
  .filter((name) => !name.startsWith('parts-'))
  .map((name) => {
    const path = resolve(folder, name);
    const [first = ''] = readFileSync(path, 'utf8').split('\n', 1);
    return { name, path, expectations: v.parse(Expectations, JSON.parse(first.replace(/^\/\/ expect: /, ''))) };
  });

/**
 * Whether it can be observed together with others: they are told apart by the place of registration, which for a script in a
 * text of its own is not the file's, and Node 20 and 22 read no TypeScript.
 */
const isImported = ({ path }: AliveProgram): boolean => /js$/.test(path) && !path.includes('global-script');

/** What a run is expected to have told, and what it has told, as texts that a failure shows side by side. */
function compare(
  { name, expectations }: AliveProgram,
  objects: readonly ReportedObject[],
  report: RunReport,
  major = OWN_RUNTIME.major,
): { expected: string[]; told: string[] } {
  const expected: string[] = [];
  const told: string[] = [];
  const seen = new Set<string>();
  const firstId = objects[0]?.id ?? 1;
  for (const object of objects) {
    const number = String(object.id - firstId + 1);
    const label = object.label ?? '';
    const key = [number, label, '*'].find((candidate) => Object.hasOwn(expectations, candidate)) ?? '';
    const expectation = expectations[key];
    seen.add(key);
    const who = `${name} ${label} (${number})`;
    if (expectation === undefined) {
      expected.push(`${who}: is expected`);
      told.push(`${who}: ${object.verdict}`);
      continue;
    }
    if (expectation === 'finalized' || (expectation.finalizedFrom ?? Number.POSITIVE_INFINITY) <= major) {
      expected.push(`${who}: finalized`);
      told.push(`${who}: ${object.verdict}${object.why === undefined ? '' : ` ${text(object)}`}`);
      continue;
    }
    const { cause, names, sibling, objects: shared } = expectation;
    const { why } = object;
    const steps = why?.path.map(({ edge, node, place }) => `${edge} ${node} ${place?.file ?? ''}`).join(' → ') ?? '';
    const fix = why?.fix ?? '';
    const missing = names.filter((wanted, at) => !(at === 0 ? fix : `${steps} ${fix}`).includes(wanted));
    const suspects = why?.path.filter(({ suspect }) => suspect).length ?? 0;
    const isShared =
      shared === undefined || report.causes?.some((entry) => entry.fix === why?.fix && entry.count === shared) === true;
    const isRight =
      missing.length === 0 && suspects === 1 && isShared && (sibling === undefined || fix.includes(sibling));
    expected.push(`${who}: alive, ${cause}`);
    told.push(
      `${who}: ${object.verdict}, ${why?.cause ?? 'no cause'}` +
        (isRight ? '' : `; ${suspects} suspects, does not name ${missing.join(', ')}: ${text(object)}`),
    );
  }
  for (const key of Object.keys(expectations)) {
    if (!seen.has(key)) expected.push(`${name} ${key}: is registered`);
  }
  return { expected, told };
}

function text({ why }: ReportedObject): string {
  if (why === undefined) return '';
  return `${why.path.map(({ edge, node, suspect }) => `${suspect ? '!' : ''}${edge} ${node}`).join(' → ')} — ${why.fix}`;
}

const request = {
  gcPolicy: { kind: 'major', intervalMs: 100 },
  limits: { settleMs: 500 },
  reportedObjects: 100_000,
} as const;

describe.concurrent('what keeps an object alive', () => {
  for (const program of PROGRAMS.filter((one) => !isImported(one))) {
    it(`is told right for ${program.name}`, { timeout: 60_000 }, async () => {
      const { report } = await runProgram({
        ...request,
        explain: true,
        program: { kind: 'file', path: program.path, args: [] },
      });
      expect(report.outcome.status).toBe('completed');
      const { expected, told } = compare(program, report.objects, report);
      expect(told).toEqual(expected);
      for (const { path } of report.causes ?? []) expect(path.filter(({ suspect }) => suspect)).toHaveLength(1);
    });
  }

  for (const { name, major, nodePath, isInstalled } of RUNTIMES) {
    it.skipIf(!isInstalled)(
      `is named for all at once on ${name}, and is gone without it`,
      { timeout: 240_000 },
      async () => {
        const programs = PROGRAMS.filter(isImported);
        const { report, checked, failures } = await runAndCheckCuts({
          ...request,
          nodePath,
          program: {
            kind: 'file',
            path: resolve(import.meta.dirname, 'import-all.mjs'),
            args: programs.map(({ path }) => path),
          },
        });
        expect(report.outcome.status).toBe('completed');
        const all = programs.map((program) => {
          const own = report.objects.filter(({ site }) => basename(site ?? '').replace(/:.*/, '') === program.name);
          return compare(program, own, report, major);
        });
        expect(all.flatMap(({ told }) => told)).toEqual(all.flatMap(({ expected }) => expected));
        for (const { path } of report.causes ?? []) expect(path.filter(({ suspect }) => suspect)).toHaveLength(1);
        expect(failures).toEqual([]);
        expect(checked).toBeGreaterThan(programs.length);
      },
    );
  }
});
