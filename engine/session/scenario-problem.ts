// What kept a scenario of the user's own from being loaded or judged, in words and with its place. Runs in the session;
// the facts come from the process that tried.

import type { Place } from '../protocol/explanation.ts';
import type { ScenarioProblem } from '../protocol/own-scenario.ts';
import { assertNever } from '../protocol/vocabulary.ts';
import type { JudgedPart, LoaderReport, LoaderReportOf } from '../own-scenarios/loader-message.ts';
import { placeOfAwait, placeOfField } from './declaration-text.ts';
import { codeFrame, locateError, unsettledAwaitPlace } from './error-place.ts';
import { problemAt } from './own-declaration.ts';
import { pathOfFile } from './prepare-program.ts';
import type { LoaderEnd } from './scenario-process.ts';

/** What Node ends with when nothing is left to do but an await of a module. */
const UNSETTLED_AWAIT_EXIT_CODE = 13;

export interface ProblemContext {
  readonly file: { readonly path: string; readonly text: string };
  readonly stderrTail: readonly string[];
  /** Of the stage that it failed in. */
  readonly deadlineMs: number;
  readonly loaderPath: string;
  /** What was being done, where the event does not say which part. */
  readonly part?: JudgedPart;
}

/** @param event anything but what was waited for */
export async function problemOf(event: LoaderReport | LoaderEnd, context: ProblemContext): Promise<ScenarioProblem> {
  const { file, stderrTail } = context;
  const part = ('part' in event ? event.part : undefined) ?? context.part;
  const seconds = `${context.deadlineMs / 1000} s`;
  const at = (message: string, place: Place | undefined): ScenarioProblem => {
    const shown = place ?? placeOfField(file.path, file.text, partPath(part));
    const frame = shown.file === file.path ? codeFrame(file.text, shown) : undefined;
    return { message, place: shown, ...(frame !== undefined && { frame }) };
  };
  switch (event.type) {
    case 'failed':
      return thrownProblem(event, part, context);
    case 'exited': {
      const place = placeInFile(event.stack, file.path);
      if (part === undefined && place === undefined && isUnsettled(stderrTail, event.exitCode, file)) {
        return unsettledProblem(context);
      }
      return at(`${doing(part)} ends the process, with exit code ${event.exitCode}.`, place);
    }
    case 'stuck': {
      const frame = event.frames.find(({ url }) => pathOfFile(url) === file.path) ?? event.frames.find(isOfFiles);
      if (frame === undefined) return idleProblem(part, seconds, context, at);
      const { line, column, functionName } = frame;
      const where = functionName === '' ? 'the code here' : `\`${functionName}\``;
      return at(`${unfinished(part, seconds)}: ${where} runs on and on.`, {
        file: pathOfFile(frame.url),
        line,
        column,
      });
    }
    case 'idle':
      return idleProblem(part, seconds, context, at);
    case 'ended':
      if (event.problem !== undefined) return at(`Its process could not be started: ${event.problem}`, undefined);
      if (part === undefined && event.exitCode === UNSETTLED_AWAIT_EXIT_CODE) return unsettledProblem(context);
      if (stderrTail.some((line) => line.includes('heap out of memory')))
        return at(`${doing(part)} runs out of memory.`, undefined);
      return at(`${doing(part)} makes its process die (${event.signal ?? `exit code ${event.exitCode}`}).`, undefined);
    case 'silent':
      return at(`${unfinished(part, seconds)}, and cannot be looked at.`, undefined);
    case 'loaded':
    case 'judged':
      return problemAt(file, [], 'Its process speaks out of turn.');
    case 'aborted':
      return { message: 'It was given up before it was done.' };
    default:
      return assertNever(event);
  }
}

const doing = (part: JudgedPart | undefined): string => (part === undefined ? 'Loading it' : `\`${part}\``);
const unfinished = (part: JudgedPart | undefined, seconds: string): string =>
  part === undefined ? `It is still loading after ${seconds}` : `\`${part}\` has not returned after ${seconds}`;

async function thrownProblem(
  { error }: LoaderReportOf<'failed'>,
  part: JudgedPart | undefined,
  { file, stderrTail, loaderPath }: ProblemContext,
): Promise<ScenarioProblem> {
  // The loader's own frames are nobody's business.
  const stack = error.stack
    .split('\n')
    .filter((line) => !line.includes(loaderPath) && !line.includes('[eval1]'))
    .join('\n');
  const located = await locateError(
    { ...error, stack },
    { stderrTail: part === undefined ? stderrTail : [], displayFile: pathOfFile, scriptPath: file.path },
  );
  const [firstLine = ''] = error.message.split('\n');
  const isParseError =
    part === undefined && error.name === 'SyntaxError' && placeInFile(stack, file.path) === undefined;
  const message = isParseError
    ? `It cannot be parsed: ${firstLine}`
    : `${part === undefined ? 'It throws while it is loaded' : `\`${part}\` throws`}: ${error.name}: ${firstLine}`;
  const { place, frame, hint } = located;
  // The code that is evaluated to import the file has no place that anybody could open.
  const isShown = place !== undefined && !place.file.includes('[eval');
  return {
    ...(isShown ? { message, place, ...(frame !== undefined && { frame }) } : problemAt(file, partPath(part), message)),
    ...(hint !== undefined && { hint }),
  };
}

const partPath = (part: JudgedPart | undefined): readonly string[] => (part === undefined ? [] : part.split('.'));

function unsettledProblem({ file, stderrTail }: ProblemContext): ScenarioProblem {
  const place = unsettledAwaitPlace(stderrTail) ?? placeOfAwait(file.path, file.text);
  const message = 'A top-level await never settles: nothing is left to do that could settle it.';
  if (place === undefined) return problemAt(file, [], message);
  const frame = place.file === file.path ? codeFrame(file.text, place) : undefined;
  return { message, place, ...(frame !== undefined && { frame }) };
}

/** Node 20 tells it by its exit code alone, and a process that ends by itself with 0 has not loaded the file either. */
function isUnsettled(stderrTail: readonly string[], exitCode: number, file: ProblemContext['file']): boolean {
  if (exitCode === UNSETTLED_AWAIT_EXIT_CODE) return true;
  return (
    exitCode === 0 &&
    (unsettledAwaitPlace(stderrTail) !== undefined || placeOfAwait(file.path, file.text) !== undefined)
  );
}

function idleProblem(
  part: JudgedPart | undefined,
  seconds: string,
  { file }: ProblemContext,
  at: (message: string, place: Place | undefined) => ScenarioProblem,
): ScenarioProblem {
  return part === undefined
    ? at(`${unfinished(part, seconds)}: a top-level await has not settled.`, placeOfAwait(file.path, file.text))
    : at(`${unfinished(part, seconds)}: what it waits for has not come.`, undefined);
}

const isOfFiles = ({ url }: { readonly url: string }): boolean =>
  url.startsWith('file:') && !/[\\/]node_modules[\\/]/.test(url) && !url.endsWith('/scenario-loader.mjs');

function placeInFile(stack: string, path: string): Place | undefined {
  for (const [, file = '', line, column] of stack.matchAll(/(file:\/\/[^\s)]*?|\/[^\s)]*?):(\d+):(\d+)\)?$/gm)) {
    if (pathOfFile(file) === path) return { file: path, line: Number(line), column: Number(column) };
  }
  return undefined;
}
