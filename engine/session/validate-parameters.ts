// Checks the parameters of a start-run against what the scenario describes. Called by the engine.

import type { ParameterDescription } from '../protocol/catalogue.ts';
import type { ParameterValue, ParameterValues } from '../protocol/run-description.ts';
import { assertNever } from '../protocol/vocabulary.ts';

export type ValidatedParameters =
  | { readonly type: 'valid'; readonly parameters: ParameterValues }
  /** `message` names the parameter, the value that was given, and what is allowed. */
  | { readonly type: 'invalid'; readonly message: string };

/** Fills in defaults. A parameter that the scenario does not describe is a mistake, and refused. */
export function validateParameters(
  descriptions: readonly ParameterDescription[],
  given: Readonly<ParameterValues>,
): ValidatedParameters {
  const unknown = Object.keys(given).find((name) => !descriptions.some((description) => description.name === name));
  if (unknown !== undefined) {
    const names = descriptions.map(({ name }) => name).join(', ');
    const allowed = names === '' ? 'This scenario has no parameters.' : `Allowed: ${names}.`;
    return { type: 'invalid', message: `There is no parameter ${JSON.stringify(unknown)}. ${allowed}` };
  }
  const parameters: ParameterValues = {};
  for (const description of descriptions) {
    const value = Object.hasOwn(given, description.name) ? given[description.name] : undefined;
    if (value === undefined) {
      parameters[description.name] = description.default;
      continue;
    }
    if (!isAllowed(description, value)) {
      return {
        type: 'invalid',
        message: `Parameter ${description.name} cannot be ${JSON.stringify(value)}. Allowed: ${allowedValues(description)}.`,
      };
    }
    parameters[description.name] = value;
  }
  return { type: 'valid', parameters };
}

function isAllowed(description: ParameterDescription, value: ParameterValue): boolean {
  switch (description.kind) {
    case 'integer':
      return Number.isInteger(value) && Number(value) >= description.minimum && Number(value) <= description.maximum;
    case 'choice':
      return description.options.some((option) => option.value === value);
    case 'boolean':
      return typeof value === 'boolean';
    default:
      return assertNever(description);
  }
}

function allowedValues(description: ParameterDescription): string {
  switch (description.kind) {
    case 'integer':
      return `an integer from ${description.minimum} to ${description.maximum}`;
    case 'choice':
      return description.options.map(({ value }) => JSON.stringify(value)).join(', ');
    case 'boolean':
      return 'true, false';
    default:
      return assertNever(description);
  }
}
