// Holds a scenario's prediction against what happened. Called by the run once everything else is decided.

import type { PredictionResult } from '../protocol/run-report.ts';
import type { PredictionFacts, Scenario } from '../scenarios/define-scenario.ts';
import { answerQuestion } from './answer-question.ts';
import { messageOf } from './message-of.ts';

export type JudgedScenario = Pick<Scenario, 'predict' | 'question'>;

/** A run that somebody else ended says nothing about a prediction: absent then. */
export function isJudged(status: PredictionFacts['report']['outcome']['status']): boolean {
  return status !== 'stopped' && status !== 'timed-out';
}

/** A prediction that throws is a mistake in the scenario, and did not hold. */
export function judgePrediction(scenario: JudgedScenario, facts: PredictionFacts): PredictionResult {
  let checks: PredictionResult['checks'];
  let ending: PredictionResult['ending'];
  try {
    checks = scenario.predict(facts);
    ending = scenario.question && answerQuestion(scenario.question, facts);
  } catch (error) {
    const problem = messageOf(error);
    return { held: false, details: `The prediction could not be checked: ${problem}`, checks: [] };
  }
  const failed = checks.filter((check) => !check.held);
  const held = checks.length > 0 && failed.length === 0;
  const details = held
    ? checks.map((check) => check.observed).join('; ')
    : failed.map((check) => `expected: ${check.expectation}, observed: ${check.observed}`).join('; ');
  return { held, details, checks, ...(ending && { ending }) };
}
