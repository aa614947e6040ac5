// Every way in which a scenario of one's own can be wrong while it is loaded: told with file and line, beside one that works.

import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ownScenarioParts } from '../../cli/engine-locations.ts';
import type { OwnScenario } from '../../engine/protocol/own-scenario.ts';
import { createNodeFinder } from '../../engine/session/find-nodes.ts';
import { createOwnScenarios } from '../../engine/session/own-scenarios.ts';
import { ensureBuilt } from '../../scripts/built-parts.ts';
import { ALL_RUNTIMES, OWN_RUNTIME } from '../runtimes.ts';
import { createOwnFolder, GOOD, goodExcept, processesOf, type OwnFolder } from './own-scenario-files.ts';

const LOOKED_AT_MS = 1_500;

interface Fault {
  readonly what: string;
  readonly text: string;
  readonly line: number;
  readonly message: RegExp;
  readonly fileName?: string;
}

const LOADING: readonly Fault[] = [
  {
    what: 'does not parse',
    text: `${GOOD}\nconst x = = 1;\n`,
    line: 25,
    message: /^It cannot be parsed: Unexpected token/,
  },
  {
    what: 'throws while it is loaded',
    text: `${goodExcept('bad')}function fail() {\n  throw new RangeError('on purpose');\n}\nfail();\n`,
    line: 25,
    message: /throws while it is loaded: RangeError: on purpose/,
  },
  {
    what: 'throws what is no error',
    text: `${goodExcept('bad')}throw 'a word';\n`,
    line: 1,
    message: /throws while it is loaded: string: a word/,
  },
  {
    what: 'imports a package that is not there',
    text: `import 'no-such-package';\n${goodExcept('bad')}`,
    line: 1,
    message: /Cannot find package 'no-such-package'/,
  },
  {
    what: 'imports what a module does not export',
    text: `import { join } from 'node:path';\nimport { nothing } from 'node:fs';\n${goodExcept('bad')}`,
    line: 2,
    message: /nothing/,
  },
  {
    what: 'loops for ever',
    text: `${goodExcept('bad')}function spin() {\n  for (;;) {\n    Math.sqrt(2);\n  }\n}\nspin();\n`,
    line: 25,
    message: /still loading after 1\.5 s: `spin` runs on and on/,
  },
  {
    what: 'chains microtasks for ever',
    text: `${goodExcept('bad')}async function chain() {\n  for (;;) await null;\n}\nawait chain();\n`,
    // The whole chain in one line: it may be met anywhere in it.
    line: 25,
    message: /still loading after 1\.5 s: `chain` runs on and on/,
  },
  {
    what: 'awaits what nothing is left to settle',
    text: `${goodExcept('bad')}\nawait new Promise(() => {});\n`,
    line: 25,
    message: /top-level await never settles/,
  },
  {
    what: 'awaits while a timer keeps it going',
    text: `${goodExcept('bad')}setInterval(() => {}, 1_000);\n\nawait new Promise(() => {});\n`,
    line: 26,
    message: /still loading after 1\.5 s: a top-level await has not settled/,
  },
  {
    what: 'ends its process',
    text: `${goodExcept('bad')}function leave() {\n  process.exit(3);\n}\nleave();\n`,
    line: 25,
    message: /ends the process, with exit code 3/,
  },
  {
    what: 'kills its process',
    text: `${goodExcept('bad')}process.kill(process.pid, 'SIGKILL');\nfor (;;);\n`,
    line: 1,
    message: /makes its process die \(SIGKILL\)/,
  },
];

const DECLARING: readonly Fault[] = [
  { what: 'exports no scenario', text: `\nexport const other = 1;\n`, line: 1, message: /exports no `scenario`/ },
  { what: 'exports what is no object', text: `\nexport const scenario = 'text';\n`, line: 2, message: /no object/ },
  {
    what: 'lacks a field',
    text: goodExcept('bad', ["  title: 'Good',\n", '']),
    line: 1,
    message: /^`title` is missing\. Allowed: a text of 1 to 200 characters\.$/,
  },
  {
    what: 'has a field that is mistyped',
    text: goodExcept('bad', ['  lookFor:', '  lookfor:']),
    line: 1,
    message: /^`lookFor` is missing\. Allowed: a text\. Not a field of a scenario: lookfor\.$/,
  },
  {
    what: 'lacks its program',
    text: goodExcept('bad', ['  run({', '  go({']),
    line: 1,
    message: /^`run` is missing\. Allowed: a function: run\(context\)/,
  },
  {
    what: 'has a prediction that is no function',
    text: goodExcept('bad', ['  predict({ objects }) {', '  predict: 1, other({ objects }) {']),
    line: 19,
    message: /^`predict` is 1\. Allowed: a function/,
  },
  {
    what: 'has a field of another type',
    text: goodExcept('bad', ["summary: 'Summary.'", 'summary: 42']),
    line: 4,
    message: /^`summary` is 42\. Allowed: a text\.$/,
  },
  {
    what: 'has an id that cannot be typed',
    text: goodExcept('Not Good'),
    line: 2,
    message: /^`id` is "Not Good"\. Allowed: small letters, digits and hyphens/,
  },
  {
    what: 'has the id of a built-in scenario',
    text: goodExcept('built-in'),
    line: 2,
    message: /^`id` is 'built-in', which is that of the built-in scenario already/,
  },
  {
    what: 'has the id of another file',
    text: GOOD,
    line: 2,
    message: /^`id` is 'good', which is that of a-good\.mjs:2 already/,
  },
  {
    what: 'has a policy that there is not',
    text: goodExcept('bad', ["kind: 'major'", "kind: 'often'"]),
    line: 14,
    message: /^`defaultGcPolicy\.kind` is "often"\. Allowed: 'none', 'minor', 'major', 'pressure'\.$/,
  },
  {
    what: 'has a limit out of bounds',
    text: goodExcept('bad', ['settleMs: 400', 'settleMs: -1']),
    line: 15,
    message: /^`defaultLimits\.settleMs` is -1\. Allowed: a whole number from 0 to 600000\.$/,
  },
  {
    what: 'has a parameter of no kind',
    text: goodExcept('bad', ["kind: 'integer'", "kind: 'text'"]),
    line: 12,
    message: /^`parameters\.1\.kind` is "text"\. Allowed: 'integer', 'choice' or 'boolean'\.$/,
  },
  {
    what: 'has a default out of its own bounds',
    text: goodExcept('bad', ['default: 1,', 'default: 10,']),
    line: 12,
    message: /^`parameters\.1\.default` is 10\. Allowed: a whole number from 1 to 9\.$/,
  },
  {
    what: 'has two parameters of one name',
    text: goodExcept('bad', ["name: 'count'", "name: 'loud'"]),
    line: 12,
    message: /^`parameters\.1\.name` is "loud"\. Allowed: a name that no other/,
  },
  {
    what: 'has a link that is none',
    text: goodExcept('bad', ['references: []', "references: [{ title: 'x', url: 'javascript:alert(1)' }]"]),
    line: 6,
    message: /^`references\.0\.url` is "javascript:alert\(1\)"\. Allowed: an address/,
  },
  {
    what: 'has a question without an answer',
    text: goodExcept('bad', [", expected: () => 'finalized'", '']),
    line: 9,
    message: /^`question\.expected` is missing\. Allowed: a function that returns/,
  },
  { what: 'is no text', text: 'export\0', line: 1, message: /binary file/ },
];

/** The oldest, the newest and the project's own: they tell what goes wrong in different ways. */
const runtimes = [ALL_RUNTIMES[0]!, ALL_RUNTIMES.at(-1)!, OWN_RUNTIME].filter(({ isInstalled }) => isInstalled);

describe.each(runtimes)('a file of one’s own on $name', ({ nodePath }) => {
  let folder: OwnFolder;
  beforeAll(async () => {
    expect(await ensureBuilt('engine')).toBe(true);
  });
  beforeEach(() => {
    folder = createOwnFolder();
  });
  afterEach(() => folder[Symbol.dispose]());

  async function look(): Promise<OwnScenario[]> {
    await using own = createOwnScenarios({
      ...ownScenarioParts,
      folder: folder.path,
      nodes: createNodeFinder({ defaultNode: nodePath }),
      builtInIds: ['built-in'],
      loadDeadlineMs: LOOKED_AT_MS,
    });
    await own.refresh();
    return own.list();
  }

  async function expectTold({ text, line, message, fileName = 'b-bad.mjs' }: Fault): Promise<void> {
    folder.write('a-good.mjs', GOOD);
    const path = folder.write(fileName, text);
    const [good, bad, ...others] = await look();
    expect(others).toEqual([]);
    expect(good).toMatchObject({ kind: 'usable', description: { id: 'good', title: 'Good', category: 'Mine' } });
    expect(bad).toMatchObject({ kind: 'broken', path, fileName });
    const problem = bad?.kind === 'broken' ? bad.problem : undefined;
    expect(problem?.message).toMatch(message);
    expect(problem?.place).toMatchObject({ file: path, line });
    if (!text.includes('\0')) expect(problem?.frame).toMatch(new RegExp(`^> +${line} \\|`, 'm'));
    expect(await processesOf(folder.path)).toEqual([]);
  }

  it.each(LOADING)('that $what', expectTold);
  if (nodePath === process.execPath) it.each(DECLARING)('that $what', expectTold);

  it('is known by the names that it says, also where it cannot be loaded', async () => {
    folder.write('bad.mjs', `${goodExcept('said', ["title: 'Good'", 'title: "Said so"'])}\n= 1;\n`);
    expect(await look()).toMatchObject([{ kind: 'broken', id: 'said', title: 'Said so' }]);
  });
});

it('has all versions of Node to be tested on, or says which are missing', (context) => {
  const missing = ALL_RUNTIMES.filter(({ isInstalled }) => !isInstalled);
  if (missing.length > 0) context.skip(`not installed: ${missing.map(({ name }) => name).join(', ')}`);
});
