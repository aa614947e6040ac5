import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { decode } from 'fast-png';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ScenarioDescription, STAGES } from '../protocol/catalogue.ts';
import type { ParameterValues } from '../protocol/run-description.ts';
import type { ReportedObject, RunReport } from '../protocol/run-report.ts';
import type { GcPolicyKind, Verdict } from '../protocol/vocabulary.ts';
import { scenario as template } from './_template.ts';
import { scenario as criticalResource } from './critical-resource.ts';
import type { PredictionFacts, Scenario } from './define-scenario.ts';
import { scenario as heldValue } from './held-value.ts';
import { PICTURES, scenario as imagePipeline } from './image-pipeline.ts';
import { SCENARIOS } from './index.ts';
import { scenario as simple } from './simple.ts';
import { scenario as timing } from './timing.ts';

const ALL = [...SCENARIOS, template];
const sourceOf = (fileName: string) => readFileSync(new URL(fileName, import.meta.url), 'utf8');

describe('the catalogue', () => {
  it('is in the order of the learning path, and asks a question about each', () => {
    const stages = SCENARIOS.map(({ stage }) => STAGES.findIndex((name) => name === stage));
    expect(stages).toEqual(stages.toSorted((a, b) => a - b));
    expect(stages).not.toContain(-1);
    for (const { id, question } of SCENARIOS) expect(question?.text, id).toMatch(/\?/);
    expect(new Set(SCENARIOS.map(({ id }) => id)).size).toBe(SCENARIOS.length);
  });

  it.each(SCENARIOS.filter(({ pair }) => pair !== undefined))(
    'has both halves of the pair $id',
    ({ pair, parameters }) => {
      const choice = parameters.find(({ name }) => name === pair?.parameter);
      const values = choice?.kind === 'choice' ? choice.options.map(({ value }) => value) : [];
      expect(values).toEqual(expect.arrayContaining([pair?.broken, pair?.fixed]));
    },
  );

  it('holds every scenario file of the folder', () => {
    const files = readdirSync(new URL('.', import.meta.url)).filter((name) => /(?<!\.test)\.ts$/.test(name));
    const scenarioFiles = files.filter((name) => sourceOf(name).includes('export const scenario = '));
    expect(new Set(ALL.map(({ fileName }) => fileName))).toEqual(new Set(scenarioFiles));
  });

  it.each(ALL)('describes $id as the protocol wants it', (scenario) => {
    const text = sourceOf(scenario.fileName);
    const { question, ...rest } = scenario;
    const source = { fileName: scenario.fileName, text };
    const described = v.parse(ScenarioDescription, { ...rest, source, ...(question && { question: question.text }) });
    for (const [name, value] of Object.entries(described)) {
      if (typeof value === 'string') expect(value.trim(), name).not.toBe('');
    }
    expect(described.references.length).toBeGreaterThan(0);
    for (const { url } of described.references) expect(new URL(url).protocol).toBe('https:');
  });

  it.each(SCENARIOS)(
    'explains $id in at most 150 words and one line of summary',
    ({ theory, summary, fileName, id }) => {
      expect(theory.split(/\s+/).length).toBeLessThanOrEqual(150);
      expect(summary).not.toContain('\n');
      expect(fileName).toBe(`${id}.ts`);
    },
  );

  it.each(ALL)('has defaults of $id within their bounds', ({ parameters, defaultLimits, defaultGcPolicy }) => {
    expect(new Set(parameters.map(({ name }) => name)).size).toBe(parameters.length);
    for (const parameter of parameters) {
      if (parameter.kind === 'integer') {
        expect(Number.isInteger(parameter.default)).toBe(true);
        expect(parameter.default).toBeGreaterThanOrEqual(parameter.minimum);
        expect(parameter.default).toBeLessThanOrEqual(parameter.maximum);
      } else if (parameter.kind === 'choice') {
        expect(parameter.options.map(({ value }) => value)).toContain(parameter.default);
      }
    }
    // Otherwise the policy would have no turn after the program's end, and the prediction no certainty.
    expect(defaultLimits.settleMs).toBeGreaterThanOrEqual(1.5 * defaultGcPolicy.intervalMs);
  });

  it('names sample pictures that are there, with their sizes', () => {
    const folder = new URL('../../resources/images/', import.meta.url);
    expect(new Set(readdirSync(folder).filter((name) => name.endsWith('.png')))).toEqual(
      new Set(PICTURES.map(({ path }) => path.slice(1))),
    );
    for (const { path, width, height } of PICTURES.filter((picture) => picture.width <= 800)) {
      const url = new URL(`.${path}`, folder);
      expect(existsSync(url), path).toBe(true);
      expect(decode(readFileSync(url)), path).toMatchObject({ width, height, channels: 3, depth: 8 });
    }
    for (const { path, width, height } of PICTURES) {
      const header = readFileSync(new URL(`.${path}`, folder)).subarray(16, 24);
      expect([header.readUInt32BE(0), header.readUInt32BE(4)], path).toEqual([width, height]);
    }
  });
});

type MadeUpObject = Partial<ReportedObject> & { label: string | null; verdict: Verdict };

interface MadeUp {
  readonly parameters?: ParameterValues;
  readonly gcPolicy?: GcPolicyKind;
  readonly intervalMs?: number;
  readonly objects?: readonly MadeUpObject[];
  readonly standardOutput?: string;
  readonly marks?: PredictionFacts['marks'];
  readonly outcome?: RunReport['outcome'];
  /** When a major GC came; absent: one while the run settles. */
  readonly collectedAtMs?: readonly number[];
  readonly usedBytes?: readonly number[];
  readonly externalBytes?: readonly number[];
}

/** Facts of a run that went as `overrides` say, and otherwise with the scenario's defaults to its end. */
function madeUpFacts(scenario: Scenario, overrides: MadeUp): PredictionFacts {
  const externalBytes = Float64Array.from(overrides.externalBytes ?? []);
  const known = [...externalBytes].filter((value) => !Number.isNaN(value));
  const defaults = Object.fromEntries(scenario.parameters.map((parameter) => [parameter.name, parameter.default]));
  const noCounts = { total: 0, finalized: 0, unregistered: 0, alive: 0, callbackPending: 0 };
  return {
    parameters: { ...defaults, ...overrides.parameters },
    gcPolicy: {
      kind: overrides.gcPolicy ?? scenario.defaultGcPolicy.kind,
      intervalMs: overrides.intervalMs ?? scenario.defaultGcPolicy.intervalMs,
    },
    objects: (overrides.objects ?? []).map((object, index) => ({
      id: index + 1,
      site: null,
      reason: 'none',
      registeredAtMs: 0,
      ...object,
    })),
    standardOutput: overrides.standardOutput ?? '',
    marks: [
      ...(overrides.marks ?? []),
      { kind: 'settle-started', name: 'program ended', atMs: 10_000 },
      { kind: 'settle-ended', name: '', atMs: 10_000 + scenario.defaultLimits.settleMs },
    ],
    majorCollections: {
      startMs: Float64Array.from(overrides.collectedAtMs ?? [10_400]),
      endMs: Float64Array.from(overrides.collectedAtMs ?? [10_400], (atMs) => atMs + 2),
    },
    clearingCollections: {
      startMs: Float64Array.from(overrides.collectedAtMs ?? [10_400]),
      endMs: Float64Array.from(overrides.collectedAtMs ?? [10_400], (atMs) => atMs + 2),
    },
    samples: {
      atMs: externalBytes.map((_, index) => index * 20),
      usedBytes: Float64Array.from(overrides.usedBytes ?? []),
      externalBytes,
    },
    report: {
      schemaVersion: 1,
      runtime: { node: null, v8: null, host: 'node' },
      scenario: { id: scenario.id, parameters: {} },
      outcome: overrides.outcome ?? { status: 'completed', exitCode: 0, message: 'Completed.' },
      durationMs: 11_000,
      heap: {
        samples: externalBytes.length,
        maxGapMs: null,
        medianGapMs: null,
        peakUsedBytes: null,
        finalUsedBytes: null,
        peakRssBytes: null,
        peakExternalBytes: known.length > 0 ? Math.max(...known) : null,
        finalExternalBytes: known.at(-1) ?? null,
      },
      gc: { minor: 0, major: 0, forced: 0, totalPauseMs: 0, longestPauseMs: null },
      registrations: { ...noCounts, registryCollected: 0, exitedFirst: 0, callbackThrew: 0, unknown: 0 },
      latencyMs: { count: 0, p50: null, p95: null, p99: null, max: null },
      registries: [],
      objects: [],
      objectsOmitted: 0,
      console: { lines: 0, droppedLines: 0 },
      warnings: [],
      droppedRows: 0,
    },
  };
}

/** The expectations that were not met; empty if the prediction held. */
function missed(scenario: Scenario, overrides: MadeUp): string[] {
  const checks = scenario.predict(madeUpFacts(scenario, overrides));
  expect(checks.length).toBeGreaterThan(0);
  for (const { expectation, observed } of checks) {
    expect(expectation).not.toMatch(/undefined|NaN/);
    expect(observed).not.toMatch(/undefined|NaN/);
  }
  return checks.filter(({ held }) => !held).map(({ expectation }) => expectation);
}

const repeat = (count: number, make: (number: number) => MadeUpObject) =>
  Array.from({ length: count }, (_, index) => make(index + 1));

describe('what is expected of garbage collection', () => {
  const dead: MadeUp['objects'] = [{ label: 'Object 1', verdict: 'alive' }];

  it.each(['major', 'pressure'] as const)('is certain with the policy %s', (gcPolicy) => {
    expect(missed(simple, { gcPolicy, objects: dead })).toHaveLength(2);
  });

  it('is not certain under pressure where V8 did not collect while the run settled', () => {
    expect(missed(simple, { gcPolicy: 'pressure', objects: dead, collectedAtMs: [9_000] })).toEqual([]);
    expect(missed(simple, { gcPolicy: 'major', objects: dead, collectedAtMs: [] })).toHaveLength(2);
  });

  it('is not certain if the run ended before the policy had its turn', () => {
    expect(missed(simple, { intervalMs: 10_000, objects: dead })).toEqual([]);
  });

  it('is neither way certain after a change of policy or a major GC by hand', () => {
    const finalized: MadeUp = {
      objects: [{ label: 'Object 1', verdict: 'finalized' }],
      standardOutput: 'Clean up: Object 1\n',
    };
    const byHand: MadeUp['marks'] = [{ kind: 'gc-requested', name: 'major', atMs: 5 }];
    const minorByHand: MadeUp['marks'] = [{ kind: 'gc-requested', name: 'minor', atMs: 5 }];
    const changed: MadeUp['marks'] = [{ kind: 'gc-policy-changed', name: 'none', atMs: 5 }];
    expect(missed(simple, { ...finalized, gcPolicy: 'none', marks: byHand })).toEqual([]);
    expect(missed(simple, { ...finalized, gcPolicy: 'minor', marks: minorByHand })).not.toEqual([]);
    expect(missed(simple, { objects: dead, marks: changed })).toEqual([]);
  });
});

describe('simple', () => {
  const ran: MadeUp = {
    objects: [{ label: 'Object 1', verdict: 'finalized' }],
    standardOutput: 'Clean up: Object 1\n',
  };

  it('holds for one callback with major GCs, and for none without', () => {
    expect(missed(simple, ran)).toEqual([]);
    expect(missed(simple, { ...ran, standardOutput: 'Clean up: Object 1\r\n' })).toEqual([]);
    expect(missed(simple, { gcPolicy: 'none', objects: [{ label: 'Object 1', verdict: 'alive' }] })).toEqual([]);
  });

  it('misses a callback that came twice, without its line, or without a major GC', () => {
    expect(missed(simple, { ...ran, objects: [...(ran.objects ?? []), ...(ran.objects ?? [])] })).toHaveLength(1);
    expect(missed(simple, { ...ran, standardOutput: '' })).toHaveLength(1);
    expect(missed(simple, { ...ran, gcPolicy: 'none' })).toHaveLength(2);
    expect(missed(simple, {})).toHaveLength(2);
  });
});

describe('image-pipeline', () => {
  const names = ['/dunes.png', '/harbor.png'];
  const registered = (verdictOf: (label: string) => Verdict) =>
    names
      .flatMap((name) => ['', ' (grayscale)', ' (blur)', ' (thumbnail)'].map((step) => `Image: ${name}${step}`))
      .map((label) => ({ label, verdict: verdictOf(label) }));
  const good: MadeUp = {
    parameters: { images: 2 },
    // fetch() observes its own streams; they are none of the pipeline's business.
    objects: [...registered(() => 'finalized'), { label: 'ReadableStream', verdict: 'alive' }],
    usedBytes: [4e6, 9e6, 6e6],
    externalBytes: [1e6, 60e6, 2e6],
  };

  it('holds if all were called back and external memory came and went', () => {
    expect(missed(imagePipeline, good)).toEqual([]);
    expect(missed(imagePipeline, { ...good, externalBytes: [Number.NaN, Number.NaN] })).toEqual([]);
  });

  it('holds if the kept pictures are the ones alive', () => {
    const keptOne = { ...good, parameters: { images: 2, keepLast: 1 } };
    const objects = registered((label) => (label === 'Image: /harbor.png' ? 'alive' : 'finalized'));
    expect(missed(imagePipeline, { ...keptOne, objects })).toEqual([]);
    expect(missed(imagePipeline, keptOne)).toHaveLength(1);
  });

  it('expects nothing of the callbacks that no GC was asked for', () => {
    expect(missed(imagePipeline, { ...good, gcPolicy: 'none', objects: registered(() => 'alive') })).toEqual([]);
  });

  it('misses a picture that stayed, memory that stayed, and a heap that grew as far', () => {
    const objects = registered((label) => (label.includes('blur') ? 'alive' : 'finalized'));
    expect(missed(imagePipeline, { ...good, objects })).toHaveLength(1);
    expect(missed(imagePipeline, { ...good, objects: registered(() => 'finalized').slice(1) })).toHaveLength(2);
    expect(missed(imagePipeline, { ...good, externalBytes: [1e6, 60e6, 60e6] })).toHaveLength(1);
    expect(missed(imagePipeline, { ...good, externalBytes: [1e6, 3e6, 1e6] })).toHaveLength(2);
    expect(missed(imagePipeline, { ...good, usedBytes: [4e6, 50e6, 6e6] })).toHaveLength(1);
    expect(missed(imagePipeline, { ...good, gcPolicy: 'pressure', usedBytes: [4e6, 50e6, 6e6] })).toEqual([]);
  });
});

describe('timing', () => {
  const phases = ['idle', 'garbage', 'promoting', 'buffers', 'end'];
  const marks: MadeUp['marks'] = phases.map((phase, index) => ({
    kind: 'user-mark',
    name: `phase: ${phase}`,
    atMs: index * 1_500,
  }));
  const calledBackAt = (times: Readonly<Record<string, number | undefined>>) =>
    phases.slice(0, 4).flatMap((phase) =>
      repeat(200, (number): MadeUpObject => {
        const atMs = times[phase];
        const label = `${phase} #${number}`;
        const registeredAtMs = phases.indexOf(phase) * 1_500 + 1;
        return atMs === undefined
          ? { label, registeredAtMs, verdict: 'alive' }
          : { label, registeredAtMs, verdict: 'finalized', callbackStartedAtMs: atMs };
      }),
    );

  it('holds if the promoting load alone brings callbacks, also those of earlier phases', () => {
    const objects = calledBackAt({ idle: 3_200, garbage: 3_200, promoting: 3_200 });
    expect(missed(timing, { marks, objects })).toEqual([]);
  });

  it('expects nothing of a single phase where the registrations are a load of their own', () => {
    const many = calledBackAt({ idle: 1_400 }).flatMap((object) => Array.from({ length: 20 }, () => object));
    expect(missed(timing, { marks, parameters: { objects: 4_000 }, objects: many })).toEqual([]);
    expect(missed(timing, { marks, parameters: { objects: 4_000 }, objects: many.slice(1) })).toHaveLength(1);
  });

  it('tells the phases apart also where labels were lost', () => {
    const objects = calledBackAt({ promoting: 3_200 }).map((object) => ({ ...object, label: null }));
    expect(missed(timing, { marks, objects })).toEqual([]);
  });

  it('misses callbacks in a quiet phase, too few under load, and registrations that are not there', () => {
    expect(missed(timing, { marks, objects: calledBackAt({ idle: 1_400, promoting: 3_200 }) })).toHaveLength(1);
    expect(missed(timing, { marks, objects: calledBackAt({ garbage: 2_900, promoting: 3_200 }) })).toHaveLength(1);
    expect(missed(timing, { marks, objects: calledBackAt({ promoting: 4_600 }) })).toHaveLength(1);
    expect(missed(timing, { marks, objects: calledBackAt({ promoting: 3_200 }).slice(1) })).toHaveLength(1);
    expect(missed(timing, { marks: marks.slice(0, 2), objects: calledBackAt({}) })).not.toEqual([]);
  });

  it('expects nearly all callbacks by the end where major GCs are forced', () => {
    const all = calledBackAt({ idle: 400, garbage: 1_900, promoting: 3_400, buffers: 4_900 });
    expect(missed(timing, { marks, gcPolicy: 'major', objects: all })).toEqual([]);
    expect(missed(timing, { marks, gcPolicy: 'major', objects: calledBackAt({ idle: 400 }) })).toHaveLength(1);
  });
});

describe('critical-resource', () => {
  const standardOutput = 'After dispose: disposed.log is closed\nAt exit: forgotten.log is open\n';
  const disposed: MadeUpObject = { label: 'disposed.log', verdict: 'unregistered' };
  const good: MadeUp = { objects: [disposed, { label: 'forgotten.log', verdict: 'alive' }], standardOutput };
  const exited: MadeUp = {
    parameters: { ending: 'process.exit' },
    objects: [disposed, { label: 'forgotten.log', verdict: 'exited-first' }],
    standardOutput,
    outcome: { status: 'exited', exitCode: 0, message: 'Exited.' },
  };

  it('holds for a handle that is still referenced, and for one that process.exit() forestalled', () => {
    expect(missed(criticalResource, good)).toEqual([]);
    expect(missed(criticalResource, exited)).toEqual([]);
  });

  it('misses a finalizer that ran, a dispose that did not, and another end', () => {
    const finalized: MadeUpObject = { label: 'forgotten.log', verdict: 'finalized' };
    const closed = standardOutput.replace('log is open', 'log is closed');
    expect(missed(criticalResource, { ...good, objects: [disposed, finalized], standardOutput: closed })).toHaveLength(
      2,
    );
    expect(missed(criticalResource, { ...good, objects: good.objects?.slice(1) ?? [] })).toHaveLength(1);
    expect(missed(criticalResource, { ...exited, objects: good.objects ?? [] })).toHaveLength(1);
    expect(
      missed(criticalResource, { ...exited, outcome: { status: 'exited', exitCode: 3, message: '' } }),
    ).toHaveLength(1);
  });
});

describe('held-value', () => {
  const broken = repeat(5, () => ({ label: 'BrokenSession', verdict: 'alive' }));
  const fixed = repeat(5, (number) => ({ label: `fixed session #${number}`, verdict: 'finalized' }));

  it('holds for each variant', () => {
    expect(missed(heldValue, { objects: [...broken, ...fixed] })).toEqual([]);
    expect(missed(heldValue, { parameters: { variant: 'broken' }, objects: broken })).toEqual([]);
    expect(missed(heldValue, { parameters: { variant: 'fixed' }, objects: fixed })).toEqual([]);
    const unlabelled = broken.map((object) => ({ ...object, label: null }));
    expect(missed(heldValue, { objects: [...unlabelled, ...fixed] })).toEqual([]);
  });

  it('misses broken objects that went and fixed ones that stayed', () => {
    const gone = broken.map((object): MadeUpObject => ({ ...object, verdict: 'finalized' }));
    const stayed = fixed.map((object): MadeUpObject => ({ ...object, verdict: 'alive' }));
    expect(missed(heldValue, { objects: [...gone, ...fixed] })).toHaveLength(1);
    expect(missed(heldValue, { objects: [...broken, ...stayed] })).toHaveLength(1);
    expect(missed(heldValue, { gcPolicy: 'none', objects: [...broken, ...fixed] })).toHaveLength(1);
    expect(missed(heldValue, { gcPolicy: 'none', objects: [...broken, ...stayed] })).toEqual([]);
  });
});
