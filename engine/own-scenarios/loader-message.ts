// What passes between the session and the process that loads a scenario of the user's own: one line of JSON a report, on a
// pipe of its own, and facts by Node's channel, as text: the V8 of the session may write structured clones in a version that the
// scenario's own Node does not read. The process runs somebody's code, so reports are parsed like any input.

import * as v from 'valibot';
import { decodeFrame, encodeFrame } from '../protocol/frame-codec.ts';
import type { PredictionFacts } from '../scenarios/define-scenario.ts';
import type { ReportedObject } from '../protocol/run-report.ts';

/** Holds LoaderOptions as JSON; the process removes it before it loads anything. */
export const LOADER_ENVIRONMENT_VARIABLE = 'HEAPLINE_LOADER';
/** The name of the function that takes the loaded module, on the process's global object. */
export const LOADER_SYMBOL = 'heapline.loader';
/** File descriptor of the reports; 3 is Node's own channel. */
export const REPORT_DESCRIPTOR = 4;
/** Stands for a function in a declaration. */
export const FUNCTION_MARK = '\u0000function';

export interface LoaderOptions {
  /** How long the module may take to load before it is looked at where it is. */
  readonly deadlineMs: number;
}

const ThrownError = v.object({ name: v.string(), message: v.string(), stack: v.string() });
export const JUDGED_PARTS = ['predict', 'question.expected', 'question.about'] as const;

export const LoaderReport = v.variant('type', [
  /** `declaration`: the exported scenario, with FUNCTION_MARK for each function; absent if there is none. */
  v.object({ type: v.literal('loaded'), declaration: v.exactOptional(v.unknown()) }),
  /** `part`: the function of the scenario that threw; absent: the module did. */
  v.object({ type: v.literal('failed'), error: ThrownError, part: v.exactOptional(v.picklist(JUDGED_PARTS)) }),
  /** The module ended the process itself. `stack` leads to where it did. */
  v.object({
    type: v.literal('exited'),
    exitCode: v.number(),
    stack: v.string(),
    part: v.exactOptional(v.picklist(JUDGED_PARTS)),
  }),
  /** The time is over and the thread runs: here. Lines and columns count from 1. */
  v.object({
    type: v.literal('stuck'),
    frames: v.array(v.object({ functionName: v.string(), url: v.string(), line: v.number(), column: v.number() })),
    part: v.exactOptional(v.picklist(JUDGED_PARTS)),
  }),
  /** The time is over and the thread runs nothing that could be looked at. */
  v.object({ type: v.literal('idle'), part: v.exactOptional(v.picklist(JUDGED_PARTS)) }),
  v.object({
    type: v.literal('judged'),
    checks: v.exactOptional(v.unknown()),
    expected: v.exactOptional(v.unknown()),
    /** A bit for each object, in base64: whether the question is about it. Absent: about all, or there is no question. */
    about: v.exactOptional(v.string()),
  }),
]);
export type LoaderReport = v.InferOutput<typeof LoaderReport>;
export type LoaderReportOf<Type extends LoaderReport['type']> = Extract<LoaderReport, { type: Type }>;
export type JudgedPart = (typeof JUDGED_PARTS)[number];

/** Facts first, then objects in portions, since a run may have a million of them; then `judge`. */
export type LoaderCommand =
  | { readonly type: 'facts'; readonly facts: Omit<PredictionFacts, 'objects'> }
  | { readonly type: 'objects'; readonly objects: readonly ReportedObject[] }
  | { readonly type: 'judge'; readonly deadlineMs: number };

/** A command as text. Its columns lie beside each other, as a frame has them. @throws FrameError if it is too large */
export function encodeCommand(command: LoaderCommand): string {
  return Buffer.from(encodeFrame(command.type === 'facts' ? flattened(command) : command)).toString('base64');
}

/** Reads what `encodeCommand` has written, in the process that the session has started. */
export function decodeCommand(text: string): LoaderCommand {
  const message = decodeFrame(Buffer.from(text, 'base64')) as LoaderCommand | ReturnType<typeof flattened>;
  return message.type === 'flattened-facts' ? unflattened(message) : message;
}

function flattened({ facts }: LoaderCommand & { type: 'facts' }) {
  const { majorCollections, clearingCollections, samples, ...rest } = facts;
  return {
    type: 'flattened-facts' as const,
    facts: rest,
    majorStartMs: majorCollections.startMs,
    majorEndMs: majorCollections.endMs,
    clearingStartMs: clearingCollections.startMs,
    clearingEndMs: clearingCollections.endMs,
    ...samples,
  };
}

function unflattened(message: ReturnType<typeof flattened>): LoaderCommand {
  const { facts, majorStartMs, majorEndMs, clearingStartMs, clearingEndMs, atMs, usedBytes, externalBytes } = message;
  return {
    type: 'facts',
    facts: {
      ...facts,
      majorCollections: { startMs: majorStartMs, endMs: majorEndMs },
      clearingCollections: { startMs: clearingStartMs, endMs: clearingEndMs },
      samples: { atMs, usedBytes, externalBytes },
    },
  };
}
