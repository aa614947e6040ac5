// Holds a scenario's prediction against what happened. Called by the run once everything else is decided.

import type { PredictionResult } from '../protocol/run-report.ts';
import type { PredictionFacts, Scenario } from '../scenarios/define-scenario.ts';
import { answerQuestion } from './answer-question.ts';
import { messageOf } from './message-of.ts';

export type JudgedScenario = Pick<Scenario, 'predict' | 'question'>;

/**
 * Judges one run. Never rejects: a prediction that cannot be checked did not hold, and says why. Aborting `signal` ends
 * what is still going on in another process.
 */
export type PredictionJudge = (facts: PredictionFacts, signal: AbortSignal) => Promise<PredictionResult>;

/** A run that somebody else ended says nothing about a prediction: absent then. */
export function isJudged(status: PredictionFacts['report']['outcome']['status']): boolean {
  return status !== 'stopped' && status !== 'timed-out';
}

/** Judges by a scenario of Heapline's own, here and now. */
export function judgeBy(scenario: JudgedScenario): PredictionJudge {
  return async (facts) => judgePrediction(scenario, facts);
}

/** A prediction that throws is a mistake in the scenario, and did not hold. */
function judgePrediction(scenario: JudgedScenario, facts: PredictionFacts): PredictionResult {
  try {
    return resultOf(scenario.predict(facts), scenario.question && answerQuestion(scenario.question, facts));
  } catch (error) {
    return notChecked(messageOf(error));
  }
}

/** What the checks amount to. Without any, nothing was predicted. */
export function resultOf(checks: PredictionResult['checks'], ending: PredictionResult['ending']): PredictionResult {
  const failed = checks.filter((check) => !check.held);
  const held = checks.length > 0 && failed.length === 0;
  const details = held
    ? checks.map((check) => check.observed).join('; ')
    : failed.map((check) => `expected: ${check.expectation}, observed: ${check.observed}`).join('; ');
  return { held, details, checks, ...(ending && { ending }) };
}

/** A prediction that could not be checked did not hold. */
export function notChecked(message: string): PredictionResult {
  return { held: false, details: `The prediction could not be checked: ${message}`, checks: [] };
}
