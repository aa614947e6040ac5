// Checks what a scenario of the user's own declares, and makes its description of it. What is wrong is told with the
// field's name, what is allowed, and its line. Runs in the session; the declaration comes from another process.

import * as v from 'valibot';
import { ParameterDescription, ScenarioDescription, STAGES } from '../protocol/catalogue.ts';
import type { ScenarioProblem } from '../protocol/own-scenario.ts';
import { parse } from '../protocol/parse.ts';
import { GcPolicy, Limits } from '../protocol/run-description.ts';
import { GC_POLICY_KINDS } from '../protocol/vocabulary.ts';
import { FUNCTION_MARK } from '../own-scenarios/loader-message.ts';
import { placeOfField, type FieldPath } from './declaration-text.ts';
import { codeFrame } from './error-place.ts';

/** As it stands in addresses and on the command line. */
const SCENARIO_ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
export const MAXIMUM_ID_CHARACTERS = 64;
const MAXIMUM_TITLE_CHARACTERS = 200;
/** A page would ask for them in a form. */
const MAXIMUM_PARAMETERS = 50;

const Function_ = v.literal(FUNCTION_MARK);
const described = ScenarioDescription.entries;

/** What a scenario's file must export: a description without what the file itself says, and its functions. */
const Declaration = v.object({
  id: v.pipe(v.string(), v.maxLength(MAXIMUM_ID_CHARACTERS), v.regex(SCENARIO_ID)),
  title: v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAXIMUM_TITLE_CHARACTERS)),
  category: v.optional(v.string(), 'Mine'),
  stage: described.stage,
  summary: described.summary,
  theory: described.theory,
  // Shown as links: nothing but the web may be behind one.
  references: v.array(v.object({ title: v.string(), url: v.pipe(v.string(), v.regex(/^https?:\/\//)) })),
  lookFor: described.lookFor,
  prediction: described.prediction,
  question: v.exactOptional(
    v.object({
      text: v.pipe(v.string(), v.nonEmpty()),
      about: v.exactOptional(Function_),
      expected: Function_,
    }),
  ),
  parameters: v.pipe(v.array(ParameterDescription), v.maxLength(MAXIMUM_PARAMETERS)),
  pair: described.pair,
  defaultGcPolicy: GcPolicy,
  defaultLimits: Limits,
  run: Function_,
  predict: Function_,
});
type Declaration = v.InferOutput<typeof Declaration>;

/** By path, `*` for an index. What is not here is told by the type that was expected. */
const ALLOWED: Readonly<Record<string, string>> = {
  id: `small letters, digits and hyphens, at most ${MAXIMUM_ID_CHARACTERS}: 'my-scenario'`,
  title: `a text of 1 to ${MAXIMUM_TITLE_CHARACTERS} characters`,
  stage: STAGES.map((stage) => `'${stage}'`).join(', '),
  references: "a list, which may be empty: [{ title: '…', url: 'https://…' }]",
  'references.*.url': 'an address that begins with https:// or http://',
  question: "{ text: '…', expected: (facts) => 'finalized' }, and about: (object) => true where it is not about all",
  'question.expected': "a function that returns 'finalized', 'never', 'late' or 'dies'",
  'question.about': 'a function that returns true or false, or no such field',
  parameters: `a list of at most ${MAXIMUM_PARAMETERS}, which may be empty: [{ kind: 'boolean', name: '…', title: '…', help: '…', default: true }]`,
  'parameters.*.kind': "'integer', 'choice' or 'boolean'",
  'parameters.*.options': "a list of { value: '…', title: '…' }",
  pair: "{ parameter: '…', broken: '…', fixed: '…' }, or no such field",
  defaultGcPolicy: `{ kind: ${GC_POLICY_KINDS.map((kind) => `'${kind}'`).join(' | ')}, intervalMs: 500 }`,
  'defaultGcPolicy.kind': GC_POLICY_KINDS.map((kind) => `'${kind}'`).join(', '),
  'defaultGcPolicy.intervalMs': 'a whole number from 50 to 60000',
  defaultLimits: '{ settleMs: 1000, timeoutMs: 20000 }',
  'defaultLimits.settleMs': 'a whole number from 0 to 600000',
  'defaultLimits.timeoutMs': 'a whole number from 1 to 86400000',
  'defaultLimits.maxHeapMegabytes': 'a whole number from 16 to 1048576, or no such field',
  run: 'a function: run(context) { … }',
  predict: 'a function: predict(facts) { return [{ expectation, observed, held }]; }',
};
const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  Array: 'a list',
  Object: 'an object',
};

export type CheckedDeclaration =
  | { readonly kind: 'valid'; readonly description: ScenarioDescription; readonly asksQuestion: boolean }
  | { readonly kind: 'invalid'; readonly problem: ScenarioProblem };

/** @param file.text the text that was loaded; shown as the source, and searched for the place of a problem */
export function checkDeclaration(
  declaration: unknown,
  file: { readonly path: string; readonly fileName: string; readonly text: string },
): CheckedDeclaration {
  const invalid = (path: FieldPath, message: string): CheckedDeclaration => ({
    kind: 'invalid',
    problem: problemAt(file, path, message),
  });
  if (typeof declaration !== 'object' || declaration === null || Array.isArray(declaration)) {
    const allowed = 'Allowed: export const scenario = { id, title, …, run, predict };';
    return invalid(
      [],
      declaration === undefined
        ? `It exports no \`scenario\`. ${allowed} A file that is no scenario gets a name that begins with _.`
        : `What it exports as \`scenario\` is no object. ${allowed}`,
    );
  }
  const parsed = parse(Declaration, declaration);
  if (!parsed.success) {
    const { issue } = parsed;
    const path = (issue?.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
    return invalid(path, wordsOf(issue, path, Object.keys(declaration)));
  }
  const { output } = parsed;
  const contradiction = contradictionIn(output);
  if (contradiction !== undefined) return invalid(contradiction.path, contradiction.message);
  const { run: _run, predict: _predict, question, ...description } = output;
  return {
    kind: 'valid',
    asksQuestion: question !== undefined,
    description: {
      ...description,
      ...(question !== undefined && { question: question.text }),
      source: { fileName: file.fileName },
    },
  };
}

/** A problem with the place of a field, or of the nearest one around it. */
export function problemAt(
  { path: file, text }: { readonly path: string; readonly text: string },
  path: FieldPath,
  message: string,
): ScenarioProblem {
  const place = placeOfField(file, text, path);
  const frame = codeFrame(text, place);
  return { message, place, ...(frame !== undefined && { frame }) };
}

function wordsOf(issue: v.BaseIssue<unknown> | undefined, path: FieldPath, names: readonly string[]): string {
  const name = path.join('.');
  const { expected, input } = issue ?? {};
  const pattern = path.map((part) => (typeof part === 'number' ? '*' : part)).join('.');
  const allowed = ALLOWED[pattern] ?? TYPE_WORDS[typeWordOf(pattern) ?? expected ?? ''] ?? expected ?? 'another value';
  if (input !== undefined) {
    const given = input === FUNCTION_MARK ? 'a function' : (JSON.stringify(input) ?? String(input)).slice(0, 100);
    return `\`${name}\` is ${given}. Allowed: ${allowed}.`;
  }
  const unknown = path.length > 1 ? [] : names.filter((candidate) => !(candidate in Declaration.entries));
  const others = unknown.length === 0 ? '' : ` Not a field of a scenario: ${unknown.join(', ')}.`;
  return `\`${name}\` is missing. Allowed: ${allowed}.${others}`;
}

/** Of a field that is missing, valibot names the key instead of the type. */
function typeWordOf(pattern: string): string | undefined {
  switch (pattern.split('.').at(-1)) {
    case 'title':
    case 'summary':
    case 'theory':
    case 'lookFor':
    case 'prediction':
    case 'text':
    case 'name':
    case 'help':
    case 'parameter':
    case 'broken':
    case 'fixed':
    case 'value':
    case 'url':
      return 'string';
    case 'minimum':
    case 'maximum':
      return 'number';
    default:
      return undefined;
  }
}

/** What each field alone allows, and all together do not. */
function contradictionIn({ parameters, pair }: Declaration): { path: FieldPath; message: string } | undefined {
  for (const [index, parameter] of parameters.entries()) {
    const at = (field: string, message: string) => ({
      path: ['parameters', index, field],
      message: `\`parameters.${index}.${field}\` ${message}`,
    });
    if (parameter.name === '' || parameters.findIndex(({ name }) => name === parameter.name) !== index) {
      return at('name', `is ${JSON.stringify(parameter.name)}. Allowed: a name that no other parameter has.`);
    }
    if (parameter.kind === 'integer') {
      const { minimum, maximum, default: default_ } = parameter;
      if (!Number.isSafeInteger(minimum)) return at('minimum', `is ${minimum}. Allowed: a whole number.`);
      if (!Number.isSafeInteger(maximum) || maximum < minimum) {
        return at('maximum', `is ${maximum}. Allowed: a whole number from ${minimum} on.`);
      }
      if (!Number.isSafeInteger(default_) || default_ < minimum || default_ > maximum) {
        return at('default', `is ${default_}. Allowed: a whole number from ${minimum} to ${maximum}.`);
      }
    } else if (parameter.kind === 'choice') {
      const values = parameter.options.map(({ value }) => value);
      if (!values.includes(parameter.default)) {
        return at(
          'default',
          `is ${JSON.stringify(parameter.default)}. Allowed: one of its options, ${values.join(', ')}.`,
        );
      }
    }
  }
  if (pair === undefined) return undefined;
  const of = parameters.find(({ name, kind }) => name === pair.parameter && kind === 'choice');
  if (of?.kind !== 'choice') {
    const message = `\`pair.parameter\` is ${JSON.stringify(pair.parameter)}. Allowed: the name of a choice among the parameters.`;
    return { path: ['pair', 'parameter'], message };
  }
  for (const half of ['broken', 'fixed'] as const) {
    if (!of.options.some(({ value }) => value === pair[half])) {
      const values = of.options.map(({ value }) => value).join(', ');
      return {
        path: ['pair', half],
        message: `\`pair.${half}\` is ${JSON.stringify(pair[half])}. Allowed: ${values}.`,
      };
    }
  }
  return undefined;
}
