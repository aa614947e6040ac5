// What a run amounts to when it has ended: a verdict for every registration, what keeps the living alive, the report, and
// whether the scenario's prediction held. Called by the run; nothing in here changes anything. Takes turns with everything else, as
// there may be forty million rows.

import type { RunBatch } from '../protocol/run-batch.ts';
import type { Outcome, RunReport } from '../protocol/run-report.ts';
import type { RunDescription } from '../protocol/run-description.ts';
import { VERDICTS } from '../protocol/vocabulary.ts';
import type { ObserverReport } from './endpoint.ts';
import type { ReadSnapshot } from './explain-run.ts';
import type { DisplayedPlaces } from './displayed-places.ts';
import { explainAlive, explanationBatches, NOTHING_ALIVE } from './explanations.ts';
import { isJudged, type PredictionJudge } from './judge-prediction.ts';
import { MAXIMUM_BATCH_BYTES } from './overflow.ts';
import { approximateBytes } from './recording.ts';
import type { RunTally, Stretches } from './run-tally.ts';
import { buildReport, DEFAULT_REPORTED_OBJECTS, type ReportFacts, type SessionReport } from './session-report.ts';
import { decideVerdicts } from './verdicts.ts';
import { warningsAtEnd } from './warnings-at-end.ts';
import { hasTurnedAtLast, withUntoldCollection } from './watched-run.ts';

export interface Conclusion {
  readonly report: RunReport;
  /** Registered → callback started of the finalized, in ms, ascending; empty if they were not asked for. */
  readonly latenciesMs: Float64Array;
  /** Explanations, then verdicts: what the recording has before its end. */
  readonly batches: Iterable<RunBatch>;
}

export interface ConclusionFacts {
  readonly description: RunDescription;
  readonly tally: RunTally;
  readonly outcome: Outcome;
  readonly ending: Extract<ObserverReport, { type: 'observer-ending' }> | undefined;
  readonly durationMs: number;
  /** Latest time that anything of the program's happened at. */
  readonly lastEventMs: number;
  /** True if the program had nothing left to do before the process ended. */
  readonly isSettled: boolean;
  /** False if the process is still running, or may be. */
  readonly processEnded: boolean;
  /** True if the process ran on without its observer. */
  readonly observationEnded: boolean;
  /** True if a process that goes on was watched, and was left. */
  readonly isLeft: boolean;
  /** The snapshot of the end; absent if there is none. */
  readonly last: ReadSnapshot | undefined;
  /** True if none was needed to say that nothing is alive. */
  readonly hasNothingToExplain: boolean;
  /** What ran the program, where the observer did not say. */
  readonly host: string;
  /** Of a scenario. */
  readonly judge: PredictionJudge | undefined;
  /** Aborted when nobody wants to wait for the judge any more. */
  readonly judging: AbortSignal;
  readonly standardOutput: string;
  readonly displayed: DisplayedPlaces;
  readonly reportedObjects: number | undefined;
  /** Whether all latencies are asked for. */
  readonly isComparedWithOthers?: boolean;
}

export async function concludeRun(facts: ConclusionFacts): Promise<Conclusion> {
  const { description, tally, outcome, ending, durationMs, isLeft, last } = facts;
  const hasTurned = hasTurnedAtLast(ending, durationMs);
  const withUntold = (collections: Stretches): Stretches =>
    isLeft && !hasTurned ? withUntoldCollection(collections, durationMs) : collections;
  const verdicts = await decideVerdicts({
    rows: tally.rows,
    majorCollections: withUntold(tally.majorCollections()),
    clearingCollections: withUntold(tally.clearingCollections()),
    blocked: tally.blocked(),
    registryCollectedAtMs: tally.registryCollectedAtMs,
    droppedRows: tally.droppedRows,
    // A program that goes on has not let its objects go by ending.
    settled: facts.isSettled || isLeft,
    settleTimeCompleted: ending?.settled === true || (isLeft && hasTurned),
    processEnded: facts.processEnded,
    observationEnded: facts.observationEnded,
    ...diedOfErrorAt(tally, outcome),
    endedOrderly: ending !== undefined,
    lastEventMs: facts.lastEventMs,
    ...(last !== undefined && {
      snapshot: {
        id: last.explanation.id,
        state: last.explanation.state,
        isComplete: last.explanation.isComplete,
        atMs: last.atMs,
        lastTurnMs: ending?.lastTurnAtMs,
        releasedAtMs: (row) => tally.releasedAtMs(tally.labelAt(row), tally.rows.at(row).registeredAtMs[0] ?? NaN),
      },
    }),
  });
  const warnings = await warningsAtEnd(tally, verdicts, durationMs);
  for (const warning of warnings) tally.apply(warning);
  const aliveCode = VERDICTS.indexOf('alive');
  const isAlive = (id: number): boolean => id <= verdicts.length && verdicts.verdictAt(id - 1) === aliveCode;
  const explained = last && explainAlive(last.explanation, isAlive, facts.displayed);
  const alive = explained ?? (facts.hasNothingToExplain ? NOTHING_ALIVE : undefined);
  const { program } = description;
  const { report, objects, latenciesMs } = await buildReportToSend(
    {
      tally,
      verdicts,
      outcome,
      program,
      durationMs,
      host: facts.host,
      isComparedWithOthers: facts.isComparedWithOthers === true,
      ...(alive !== undefined && { alive }),
    },
    facts.reportedObjects,
  );
  if (facts.judge !== undefined && program.kind === 'scenario' && isJudged(outcome.status)) {
    const predictionFacts = {
      report,
      parameters: program.parameters,
      gcPolicy: description.gcPolicy,
      objects,
      standardOutput: facts.standardOutput,
      marks: tally.marks,
      majorCollections: tally.majorCollections(),
      clearingCollections: tally.clearingCollections(),
      samples: tally.samples,
    };
    report.prediction = await facts.judge(predictionFacts, facts.judging);
  }

  function* batches(): Generator<RunBatch> {
    if (last !== undefined && explained !== undefined) yield* explanationBatches(last.snapshot, last.atMs, explained);
    yield* warnings;
    let firstId = 1;
    for (const { verdict, reason } of verdicts.chunks) {
      yield { type: 'verdicts', firstId, verdict, reason };
      firstId += verdict.length;
    }
  }
  return { report, latenciesMs, batches: batches() };
}

function diedOfErrorAt({ marks }: RunTally, { status }: Outcome): { diedOfErrorAtMs?: number } {
  const mark = marks.findLast(({ kind }) => kind === 'uncaught-exception');
  return status === 'threw' && mark !== undefined ? { diedOfErrorAtMs: mark.atMs } : {};
}

/** A report lists fewer objects than were asked for rather than be too large to be sent. */
async function buildReportToSend(
  facts: ReportFacts,
  maximumObjects = DEFAULT_REPORTED_OBJECTS,
): Promise<SessionReport> {
  const built = await buildReport(facts, maximumObjects);
  const isTooLarge = built.report.objects.length > 0 && approximateBytes(built.report) > MAXIMUM_BATCH_BYTES;
  return isTooLarge ? buildReportToSend(facts, Math.floor(built.report.objects.length / 2)) : built;
}
