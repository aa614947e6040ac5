// The document of a finished run: what `heapline run --json` prints and what clients show as the result.
// Times are ms since the program's start; a figure that is not known is null, never zero.

import * as v from 'valibot';
import { PathStep, Place } from './explanation.ts';
import { ScenarioProblem } from './own-scenario.ts';
import { ParameterValues } from './run-description.ts';
import { CAUSES, ENDINGS, OUTCOME_STATUSES, VERDICT_REASONS, VERDICTS } from './vocabulary.ts';

export const RUN_REPORT_SCHEMA_VERSION = 1;

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Figure = v.nullable(v.number());

/** How a run ended. `message` is one line for a person; `stderrTail` holds the last lines that the program wrote there. */
export const Outcome = v.object({
  status: v.picklist(OUTCOME_STATUSES),
  exitCode: v.exactOptional(v.number()),
  signal: v.exactOptional(v.string()),
  message: v.string(),
  error: v.exactOptional(
    v.object({
      name: v.string(),
      message: v.string(),
      stack: v.string(),
      origin: v.exactOptional(v.string()),
      /** Where in the program: of a syntax error the token, of a failed import the import, else where it was thrown. */
      place: v.exactOptional(Place),
      /** The lines around `place` with their numbers, and a caret under the column; lines are separated by line feeds. */
      frame: v.exactOptional(v.string()),
      /** One sentence that says what to do, where that is known. */
      hint: v.exactOptional(v.string()),
    }),
  ),
  stderrTail: v.exactOptional(v.array(v.string())),
});
export type Outcome = v.InferOutput<typeof Outcome>;

export const VerdictCounts = v.object({
  total: Count,
  finalized: Count,
  /** How many of the finalized have a callback that was entered and never returned; absent: none. */
  callbackNotReturned: v.exactOptional(Count),
  unregistered: Count,
  alive: Count,
  callbackPending: Count,
  registryCollected: Count,
  exitedFirst: Count,
  callbackThrew: Count,
  unknown: Count,
});
export type VerdictCounts = v.InferOutput<typeof VerdictCounts>;

/** How many of the objects that a scenario's question is about ended which way. An object that is neither is not there. */
export const EndingResult = v.object({
  expected: v.picklist(ENDINGS),
  /** How most of them ended; null if there are none, and nothing died. */
  observed: v.nullable(v.picklist(ENDINGS)),
  counts: v.object({ finalized: Count, never: Count, late: Count }),
  /** Ids of those that it is about; at most MAXIMUM_ENDING_OBJECTS. */
  objectIds: v.array(Count),
});
export type EndingResult = v.InferOutput<typeof EndingResult>;
export const MAXIMUM_ENDING_OBJECTS = 1_000;

/** A scenario's prediction, checked against what happened. One check per sentence of the prediction. */
export const PredictionResult = v.object({
  held: v.boolean(),
  details: v.string(),
  checks: v.array(v.object({ expectation: v.string(), observed: v.string(), held: v.boolean() })),
  /** The answer to the scenario's question; absent if it asks none. */
  ending: v.exactOptional(EndingResult),
  /** Why a prediction of a scenario of the user's own could not be checked, and where; then there are no checks. */
  problem: v.exactOptional(ScenarioProblem),
});
export type PredictionResult = v.InferOutput<typeof PredictionResult>;

/** Why one object is alive. `path` is the first of its reason's paths, with its own indices. */
export const ReportedWhy = v.object({
  cause: v.picklist(CAUSES),
  fix: v.string(),
  retainedBytes: v.exactOptional(v.number()),
  path: v.array(PathStep),
});

export const ReportedObject = v.object({
  id: Count,
  label: v.nullable(v.string()),
  /** Name of the object's class; absent where it is not known. */
  className: v.exactOptional(v.string()),
  /** `package/path/file:line:column` of the registration; of a file of the program's own package without the package. */
  site: v.nullable(v.string()),
  verdict: v.picklist(VERDICTS),
  reason: v.picklist(VERDICT_REASONS),
  /** Null where its row was lost. */
  registeredAtMs: Figure,
  releasedAtMs: v.exactOptional(v.number()),
  /** Start of the first GC that can have cleared the registration, and end of the last. */
  collectedBetweenMs: v.exactOptional(v.tuple([v.number(), v.number()])),
  callbackStartedAtMs: v.exactOptional(v.number()),
  /** Absent where the callback never returned. */
  callbackMs: v.exactOptional(Figure),
  why: v.exactOptional(ReportedWhy),
});
export type ReportedObject = v.InferOutput<typeof ReportedObject>;

/** What became of the registrations of one site. `site`: as in ReportedObject; null where it was not recorded. */
export const ReportedSite = v.object({
  site: v.nullable(v.string()),
  registered: Count,
  finalized: Count,
  alive: Count,
});
export type ReportedSite = v.InferOutput<typeof ReportedSite>;

export const RunReport = v.object({
  schemaVersion: v.literal(RUN_REPORT_SCHEMA_VERSION),
  runtime: v.object({
    node: v.nullable(v.string()),
    v8: v.nullable(v.string()),
    host: v.string(),
    electron: v.exactOptional(v.string()),
  }),
  scenario: v.object({
    id: v.exactOptional(v.string()),
    file: v.exactOptional(v.string()),
    parameters: ParameterValues,
  }),
  outcome: Outcome,
  durationMs: v.number(),
  heap: v.object({
    samples: Count,
    maxGapMs: Figure,
    medianGapMs: Figure,
    peakUsedBytes: Figure,
    finalUsedBytes: Figure,
    peakRssBytes: Figure,
    peakExternalBytes: Figure,
    finalExternalBytes: Figure,
  }),
  gc: v.object({ minor: Count, major: Count, forced: Count, totalPauseMs: Figure, longestPauseMs: Figure }),
  registrations: VerdictCounts,
  /** Registered → callback started, of every finalized registration. */
  latencyMs: v.object({ count: Count, p50: Figure, p95: Figure, p99: Figure, max: Figure }),
  registries: v.array(
    v.object({
      id: Count,
      site: v.nullable(v.string()),
      registrations: Count,
      finalized: Count,
      callbackTotalMs: Figure,
      /** Longest stretch of callbacks of this registry with nothing between them. */
      longestStallMs: Figure,
    }),
  ),
  /** How many registries are not in `registries`; absent: none. */
  registriesOmitted: v.exactOptional(Count),
  /** Of every registration, most alive first; absent in recordings from before there was this field. */
  sites: v.exactOptional(v.array(ReportedSite)),
  /** How many sites are not in `sites`; absent: none. */
  sitesOmitted: v.exactOptional(Count),
  objects: v.array(ReportedObject),
  objectsOmitted: Count,
  /** One entry for each distinct reason, most objects first; absent where no snapshot was asked for or none was read. */
  causes: v.exactOptional(
    v.array(
      v.object({
        cause: v.picklist(CAUSES),
        count: Count,
        summary: v.string(),
        fix: v.string(),
        retainedBytes: v.exactOptional(v.number()),
        path: v.array(PathStep),
      }),
    ),
  ),
  /** How many reasons are not in `causes`; absent: none. */
  causesOmitted: v.exactOptional(Count),
  console: v.object({ lines: Count, droppedLines: Count }),
  prediction: v.exactOptional(PredictionResult),
  warnings: v.array(v.string()),
  droppedRows: Count,
});
export type RunReport = v.InferOutput<typeof RunReport>;
