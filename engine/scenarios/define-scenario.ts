// What a scenario is: a description for people, a program for the observed process, and a prediction for the session.
// Imported by every scenario file; holds no state and does nothing at import.

import type { ScenarioDescription } from '../protocol/catalogue.ts';
import type { GcPolicy, ParameterValues } from '../protocol/run-description.ts';
import type { PredictionResult, ReportedObject, RunReport } from '../protocol/run-report.ts';
import type { RunBatchOf } from '../protocol/run-batch.ts';
import type { Ending } from '../protocol/vocabulary.ts';

/** What the running scenario is given. Everything else it does with plain JavaScript, as any program would. */
export interface ScenarioContext {
  /** Validated: every described parameter is present and within its bounds. */
  readonly parameters: Readonly<ParameterValues>;
  /** Says that the program let go of the object labelled `label`: `performance.mark('release:<label>')`. */
  release(label: string): void;
  /** Shows a picture in the application; pictures of one subject are shown side by side in the order of their steps. */
  showPicture(picture: { subject: string; step: string; width: number; height: number; png: Uint8Array }): void;
}

/** What a prediction may look at: the report and everything that it summarizes. */
export interface PredictionFacts {
  readonly report: RunReport;
  readonly parameters: ParameterValues;
  /** The policy that the run was started with; `gc-policy-changed` marks tell if it changed. */
  readonly gcPolicy: GcPolicy;
  /** Every registration of the run, in order of registration, not only those in the report. May be read again. */
  readonly objects: Iterable<ReportedObject>;
  /** Standard output, without GC lines; at most the last 1 MiB. */
  readonly standardOutput: string;
  readonly marks: RunBatchOf<'marks'>['items'];
  /** Every mark-compact, in order. */
  readonly majorCollections: { readonly startMs: Float64Array; readonly endMs: Float64Array };
  /** Every collection that can clear registrations in the V8 of the run, in order: from V8 14 on minor ones, too. */
  readonly clearingCollections: { readonly startMs: Float64Array; readonly endMs: Float64Array };
  readonly samples: { atMs: Float64Array; usedBytes: Float64Array; externalBytes: Float64Array };
}

export type PredictionCheck = PredictionResult['checks'][number];

/** What the user is asked to guess before a run, and the answer. */
export interface Question {
  /** Names the objects that it is about: “What becomes of the five sessions?” */
  readonly text: string;
  /** Whether the question is about this object; absent: about every one that the run registers. */
  about?(object: ReportedObject, parameters: ParameterValues): boolean;
  expected(facts: Pick<PredictionFacts, 'parameters' | 'gcPolicy'>): Ending;
}

/** A scenario, as its file declares it. `run` works in the observed process alone, the others in the session alone. */
export interface Scenario extends Omit<ScenarioDescription, 'source' | 'question'> {
  /** The file's own name, so that its source can be shown: `simple.ts`. */
  readonly fileName: string;
  readonly question?: Question;
  run(context: ScenarioContext): void | Promise<void>;
  /** One check per expectation; the prediction held if all did. A timing is stated as a range, and says so. */
  predict(facts: PredictionFacts): PredictionCheck[];
}

/** Gives the declaration its type, so that each file needs one import. */
export function defineScenario(scenario: Scenario): Scenario {
  return scenario;
}
