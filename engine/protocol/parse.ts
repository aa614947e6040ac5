// The one way to parse what another process, a file or a person wrote. Runs on every side of every boundary.
//
// Valibot collects every issue of a value unless it is asked not to: a megabyte of wrong items becomes a gigabyte of issues.
// Here it stops at the first one. How much there can be to parse is bounded before: by `mostBytes` of a text, and by
// `mostValues` of a text or of a frame's JSON.

import * as v from 'valibot';

/** A value that fits its schema, or the first reason why it does not, in one line. */
export type Parsed<Output> =
  | { readonly success: true; readonly output: Output }
  | { readonly success: false; readonly problem: string; readonly issue: v.BaseIssue<unknown> | undefined };

/** What was written elsewhere is not what was agreed on. */
export class ParseError extends Error {
  override name = 'ParseError';
}

/** A value of the other side's may be quoted in a problem, and may be of any length. */
const MAXIMUM_PROBLEM_CHARACTERS = 300;
const FIRST_ISSUE_ONLY = { abortEarly: true, abortPipeEarly: true } as const;

/** Parses a value of which there is only so much, as after `decodeFrame` or `parseJson`. Never throws. */
export function parse<Schema extends v.GenericSchema>(schema: Schema, raw: unknown): Parsed<v.InferOutput<Schema>> {
  const parsed = v.safeParse(schema, raw, FIRST_ISSUE_ONLY);
  if (parsed.success) return { success: true, output: parsed.output };
  return { success: false, problem: describeIssue(parsed.issues[0]), issue: parsed.issues[0] };
}

/** @throws ParseError where `parse` has a problem */
export function parseOrThrow<Schema extends v.GenericSchema>(schema: Schema, raw: unknown): v.InferOutput<Schema> {
  const parsed = parse(schema, raw);
  if (parsed.success) return parsed.output;
  throw new ParseError(parsed.problem);
}

export interface JsonLimits {
  /** Characters of a string. */
  readonly mostCharacters: number;
  /** Values within values; absent: as many as there is text for. */
  readonly mostValues?: number;
}

/** Parses a JSON text of bounded size. Never throws. */
export function parseJson<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
  { mostCharacters, mostValues }: JsonLimits,
): Parsed<v.InferOutput<Schema>> {
  if (text.length > mostCharacters)
    return failed(`It has ${text.length} characters, and ${mostCharacters} are allowed.`);
  if (mostValues !== undefined && hasMoreValues(text.length, (at) => text.charCodeAt(at), mostValues)) {
    return failed(`It has more than ${mostValues} values.`);
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    return failed(`It is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return parse(schema, raw);
}

function failed(problem: string): Parsed<never> {
  return { success: false, problem: shortened(problem), issue: undefined };
}

const [BACKSLASH, QUOTE, COMMA, BRACE, BRACKET] = [0x5c, 0x22, 0x2c, 0x7b, 0x5b];

/**
 * Whether a JSON text has more than `mostValues` values, told without parsing it: by what stands between values, outside of
 * strings. Never counts fewer than there are, and up to twice as many.
 */
export function hasMoreValues(length: number, codeAt: (at: number) => number | undefined, mostValues: number): boolean {
  // There is no room for so many.
  if (length <= mostValues) return false;
  let values = 0;
  let isInString = false;
  for (let at = 0; at < length; at += 1) {
    const code = codeAt(at);
    if (isInString) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) isInString = false;
    } else if (code === QUOTE) isInString = true;
    else if (code === COMMA || code === BRACE || code === BRACKET) {
      values += 1;
      if (values > mostValues) return true;
    }
  }
  return false;
}

/** A problem of a parse, with its path, for a person. */
function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue as Parameters<typeof v.getDotPath>[0]);
  return shortened(path === null ? issue.message : `${path}: ${issue.message}`);
}

const shortened = (text: string): string =>
  text.length <= MAXIMUM_PROBLEM_CHARACTERS ? text : `${text.slice(0, MAXIMUM_PROBLEM_CHARACTERS)}…`;
