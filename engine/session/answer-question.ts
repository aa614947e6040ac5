// How the objects of a scenario's question ended, in the words that a person may guess. Called with the prediction.

import { MAXIMUM_ENDING_OBJECTS, type EndingResult, type ReportedObject } from '../protocol/run-report.ts';
import type { Ending, OutcomeStatus } from '../protocol/vocabulary.ts';
import type { PredictionFacts, Question } from '../scenarios/define-scenario.ts';

/** A callback that waits this long after its object was certainly collected waited for its thread. */
const LATE_AFTER_COLLECTION_MS = 100;
/** A callback that comes this long after its object was let go of waited for a collection that nobody asked for. */
const LATE_AFTER_RELEASE_MS = 1_500;

/** Holds the question's expected answer against what became of its objects. */
export function answerQuestion(question: Question, facts: PredictionFacts): EndingResult {
  const counts = { finalized: 0, never: 0, late: 0 };
  const objectIds: number[] = [];
  for (const object of facts.objects) {
    if (question.about?.(object, facts.parameters) === false) continue;
    if (objectIds.length < MAXIMUM_ENDING_OBJECTS) objectIds.push(object.id);
    const ending = endingOf(object);
    if (ending !== undefined) counts[ending] += 1;
  }
  return { expected: question.expected(facts), observed: observedEnding(counts, facts), counts, objectIds };
}

/** Undefined: not known, which is neither of the three. */
function endingOf(object: ReportedObject): Exclude<Ending, 'dies'> | undefined {
  switch (object.verdict) {
    case 'finalized':
    case 'callback-threw':
      return isLate(object) ? 'late' : 'finalized';
    case 'unknown':
      return undefined;
    default:
      return 'never';
  }
}

function isLate({ callbackStartedAtMs, collectedBetweenMs, releasedAtMs, registeredAtMs }: ReportedObject): boolean {
  if (callbackStartedAtMs === undefined) return false;
  const collectedAtMs = collectedBetweenMs?.[1];
  if (collectedAtMs !== undefined && callbackStartedAtMs - collectedAtMs >= LATE_AFTER_COLLECTION_MS) return true;
  return callbackStartedAtMs - (releasedAtMs ?? registeredAtMs ?? NaN) >= LATE_AFTER_RELEASE_MS;
}

const DEADLY: readonly OutcomeStatus[] = ['threw', 'crashed', 'out-of-memory'];

function observedEnding(counts: EndingResult['counts'], { report }: PredictionFacts): Ending | null {
  if (DEADLY.includes(report.outcome.status)) return 'dies';
  const calledBack = counts.finalized + counts.late;
  if (calledBack + counts.never === 0) return null;
  if (counts.never > calledBack) return 'never';
  return counts.late > counts.finalized ? 'late' : 'finalized';
}
