// Where registrations come from, how they are labelled, and what is said of held values, in real observed processes.

import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FinishedRun } from '../run-program.ts';
import { fixture, runProgram } from '../run-program.ts';
import { RUNTIMES } from '../runtimes.ts';

const none = { kind: 'none', intervalMs: 500 } as const;

/** Of each site: `file:line:column function`; of what has none, nothing. */
function siteTexts({ of }: FinishedRun): (id: number) => string {
  const sites = new Map([[0, '']]);
  for (const { items } of of('sites')) {
    for (const { id, file, line, column, functionName } of items) {
      sites.set(id, `${basename(file)}:${line}:${column} ${functionName}`.trim());
    }
  }
  return (id) => sites.get(id) ?? 'unknown';
}

/** The site of each registration. */
const sitesOf = (run: FinishedRun): string[] =>
  run.of('registrations').flatMap(({ siteId }) => Array.from(siteId, siteTexts(run)));

const warningsOf = ({ of }: FinishedRun, code: string) => of('warning').filter((warning) => warning.code === code);

for (const { name, nodePath, isInstalled } of RUNTIMES) {
  describe.skipIf(!isInstalled)(`on ${name}`, () => {
    it('tells the site and label of every registration at a normal rate, and runs nothing of the program for it', async () => {
      const run = await runProgram({
        program: fixture('sites-and-labels.mjs', '0'),
        gcPolicy: none,
        limits: { settleMs: 0 },
        nodePath,
        reportedObjects: 30_000,
      });
      expect(run.stdout).toBe('nothing was run\n');
      expect(run.report.objects.slice(0, 9).map(({ label }) => label)).toEqual([
        'Session',
        '{ url: "/a", id: 3 }',
        '["x", 1n, null]',
        '{ secret: [getter], on: true }',
        'Object',
        '{ long: "…" }',
        'Object',
        'a text',
        '7',
      ]);
      const sites = sitesOf(run);
      expect(sites[0]).toBe('sites-and-labels.mjs:7:12 openSession');
      expect(sites[1]).toBe('sites-and-labels.mjs:12:10');
      expect(sites[8]).toMatch(/:1:10 eval$/);
      expect(sites.length).toBe(20_009);
      expect(sites.filter((site) => site === '')).toEqual([]);
      expect(run.report.objects.every(({ label }) => label !== null)).toBe(true);
      expect(warningsOf(run, 'sites-are-sampled')).toEqual([]);
    });

    it('tells where registries are made, however they are, and of none that Node makes for itself', async () => {
      const run = await runProgram({
        program: fixture('registry-sites.mjs'),
        gcPolicy: none,
        limits: { settleMs: 0 },
        nodePath,
      });
      expect(run.stdout).toBe('4\n');
      const registries = run.of('registries').flatMap(({ items }) => items);
      expect(registries.map(({ siteId }) => siteTexts(run)(siteId))).toEqual([
        'registry-sites.mjs:11:10 makePlain',
        'registry-sites.mjs:4:1 Sub',
        'registry-sites.mjs:7:5 Own',
        'registry-sites.mjs:17:11',
        'registry-sites.mjs:18:11',
        'registry-sites.mjs:19:3',
        'registry-sites.mjs:20:34',
      ]);
      expect(sitesOf(run)).toEqual(registries.map(() => 'registry-sites.mjs:23:45'));
    });

    it('says so once when registrations come too fast for their sites, and guesses none', async () => {
      const run = await runProgram({
        program: fixture('sites-and-labels.mjs', '200000'),
        gcPolicy: none,
        limits: { settleMs: 0 },
        nodePath,
      });
      const sites = sitesOf(run);
      expect(sites.length).toBe(220_009);
      expect(sites.slice(0, 20_009).filter((site) => site === '')).toEqual([]);
      const inBurst = new Set(sites.slice(20_009));
      expect(inBurst.has('')).toBe(true);
      expect([...inBurst].filter((site) => site !== '')).toEqual(['sites-and-labels.mjs:35:62']);
      expect(warningsOf(run, 'sites-are-sampled').length).toBe(1);
    });

    it('warns of a held value that holds its target, once for each place', async () => {
      const run = await runProgram({
        program: fixture('held-value-warnings.mjs'),
        gcPolicy: none,
        limits: { settleMs: 0 },
        nodePath,
      });
      const warnings = warningsOf(run, 'held-value-reaches-target');
      const ways = warnings.map(({ message }) => /heldValue(.*) is the target/.exec(message)?.[1]);
      expect(ways).toEqual([
        '.owner',
        '[1].here',
        '.get("a").session',
        '.byObject.keys() (a key)',
        '.values() (an entry)',
      ]);
      expect(warnings[0]?.message).toMatch(
        /^tests\/fixtures\/programs\/held-value-warnings\.mjs:5 \(owner\) registers an object \(Object\)/,
      );
      expect(warnings[0]?.place).toMatchObject({ line: 5 });
    });
  });
}
