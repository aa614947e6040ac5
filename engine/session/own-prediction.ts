// Asks the prediction of a scenario of the user's own, in a process that is given the facts of the run. Runs in the
// session once a run has ended; whatever the prediction does, the run gets its report.

import { setImmediate as turn } from 'node:timers/promises';
import * as v from 'valibot';
import type { ScenarioProblem } from '../protocol/own-scenario.ts';
import { PredictionResult, type ReportedObject } from '../protocol/run-report.ts';
import { FrameError } from '../protocol/frame-codec.ts';
import { parse } from '../protocol/parse.ts';
import { ENDINGS } from '../protocol/vocabulary.ts';
import { JUDGED_PARTS, type LoaderReportOf } from '../own-scenarios/loader-message.ts';
import type { PredictionFacts } from '../scenarios/define-scenario.ts';
import { answerQuestion } from './answer-question.ts';
import type { UsableNode } from './find-nodes.ts';
import { notChecked, resultOf } from './judge-prediction.ts';
import { problemAt } from './own-declaration.ts';
import { problemOf } from './scenario-problem.ts';
import { startScenarioProcess, type ScenarioProcess } from './scenario-process.ts';

/** Copied and sent in one go; clients are served between two portions. */
const OBJECTS_OF_A_PORTION = 5_000;

const Checks = v.pipe(PredictionResult.entries.checks, v.minLength(1));
const ALLOWED_CHECKS =
  'Allowed: a list of { expectation: text, observed: text, held: true or false }, with one or more.';

export interface OwnPredictionOptions {
  readonly loaderPath: string;
  readonly loadDeadlineMs: number;
  readonly judgeDeadlineMs: number;
  readonly signal: AbortSignal;
}

/** Never rejects for what the file does. */
export async function judgeOwnPrediction(
  file: { readonly path: string; readonly text: string; readonly node: UsableNode; readonly asksQuestion: boolean },
  facts: PredictionFacts,
  options: OwnPredictionOptions,
): Promise<PredictionResult> {
  await using process = startScenarioProcess(file, options);
  const loaded = await process.next(options.loadDeadlineMs);
  if (loaded.type !== 'loaded') {
    const stderrTail = await process.stderrTail();
    return withProblem(await problemOf(loaded, { ...options, file, stderrTail, deadlineMs: options.loadDeadlineMs }));
  }
  try {
    if (!(await sendFacts(process, facts, options))) return notChecked('it was given up before it was done.');
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    return notChecked('there is more to tell of the run than can be handed over.');
  }
  const judged = await process.next(JUDGED_PARTS.length * options.judgeDeadlineMs);
  if (judged.type === 'judged') return understand(judged, file, facts);
  const stderrTail = judged.type === 'ended' ? await process.stderrTail() : [];
  const context = { ...options, file, stderrTail, deadlineMs: options.judgeDeadlineMs, part: 'predict' as const };
  return withProblem(await problemOf(judged, context));
}

/** @returns false if it was given up meanwhile */
async function sendFacts(
  process: ScenarioProcess,
  { objects, ...facts }: PredictionFacts,
  { judgeDeadlineMs, signal }: OwnPredictionOptions,
): Promise<boolean> {
  await process.send({ type: 'facts', facts });
  let portion: ReportedObject[] = [];
  for (const object of objects) {
    portion.push(object);
    if (portion.length < OBJECTS_OF_A_PORTION) continue;
    await process.send({ type: 'objects', objects: portion });
    if (signal.aborted) return false;
    await turn();
    portion = [];
  }
  await process.send({ type: 'objects', objects: portion });
  await process.send({ type: 'judge', deadlineMs: judgeDeadlineMs });
  return !signal.aborted;
}

/** What came back may be anything that a function of the user's returns. */
function understand(
  { checks: rawChecks, expected: rawExpected, about }: LoaderReportOf<'judged'>,
  file: { readonly path: string; readonly text: string; readonly asksQuestion: boolean },
  facts: PredictionFacts,
): PredictionResult {
  const checks = parse(Checks, rawChecks);
  if (!checks.success) {
    const { issue } = checks;
    const where = issue === undefined ? null : v.getDotPath(issue);
    const what =
      where === null
        ? `\`predict\` returned ${Array.isArray(rawChecks) ? 'an empty list' : shown(rawChecks)}.`
        : `\`${where}\` of what \`predict\` returned is ${shown(issue?.input)}.`;
    return withProblem(problemAt(file, ['predict'], `${what} ${ALLOWED_CHECKS}`));
  }
  if (!file.asksQuestion) return resultOf(checks.output, undefined);
  const expected = parse(v.picklist(ENDINGS), rawExpected);
  if (!expected.success) {
    const message = `\`question.expected\` returned ${shown(rawExpected)}. Allowed: ${ENDINGS.map((ending) => `'${ending}'`).join(', ')}.`;
    return withProblem(problemAt(file, ['question', 'expected'], message));
  }
  const bits = about === undefined ? undefined : Buffer.from(about, 'base64');
  const isMeant = (row: number): boolean => bits === undefined || ((bits[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
  const question = { text: '', expected: () => expected.output, about: ({ id }: ReportedObject) => isMeant(id - 1) };
  return resultOf(checks.output, answerQuestion(question, facts));
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value)).slice(0, 100);
}

function withProblem(problem: ScenarioProblem): PredictionResult {
  return { ...notChecked(problem.message), problem };
}
