// Turns the text of options into values, naming what is allowed where it does not fit. Bounds are those of the protocol.

import { InvalidArgumentError } from 'commander';
import type { ParameterDescription } from '../engine/protocol/catalogue.ts';
import type { ParameterValue, ParameterValues } from '../engine/protocol/run-description.ts';
import { assertNever } from '../engine/protocol/vocabulary.ts';
import { UsageError } from './usage-error.ts';

/** A parser for commander: whole numbers within [minimum, maximum]. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = parseWholeNumber(text);
    if (value === undefined || value < minimum || value > maximum) {
      throw new InvalidArgumentError(`Allowed: a whole number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}

function parseWholeNumber(text: string): number | undefined {
  const value = Number(text);
  return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(value) ? value : undefined;
}

/** What is allowed for a parameter, for a person. */
export function allowedValues(parameter: ParameterDescription): string {
  switch (parameter.kind) {
    case 'integer':
      return `a whole number from ${parameter.minimum} to ${parameter.maximum}`;
    case 'choice':
      return parameter.options.map(({ value }) => value).join(', ');
    case 'boolean':
      return 'true, false';
    default:
      return assertNever(parameter);
  }
}

function parseParameter(parameter: ParameterDescription, text: string): ParameterValue | undefined {
  switch (parameter.kind) {
    case 'integer': {
      const value = parseWholeNumber(text);
      const isAllowed = value !== undefined && value >= parameter.minimum && value <= parameter.maximum;
      return isAllowed ? value : undefined;
    }
    case 'choice':
      return parameter.options.some(({ value }) => value === text) ? text : undefined;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    default:
      return assertNever(parameter);
  }
}

/**
 * The values of repeated `--set name=value`, typed by the scenario's descriptions. The last of one name counts.
 * @throws UsageError naming the known parameters, or the values that are allowed
 */
export function parseParameters(
  scenarioId: string,
  parameters: readonly ParameterDescription[],
  settings: readonly string[],
): ParameterValues {
  const values: ParameterValues = {};
  for (const setting of settings) {
    const separator = setting.indexOf('=');
    if (separator < 1) throw new UsageError(`--set ${setting} has no value. Allowed: --set name=value.`);
    const name = setting.slice(0, separator);
    const text = setting.slice(separator + 1);
    const parameter = parameters.find((candidate) => candidate.name === name);
    if (parameter === undefined) {
      const known = parameters.map((candidate) => candidate.name).join(', ');
      throw new UsageError(
        `Scenario ${scenarioId} has no parameter "${name}". ${known === '' ? 'It has none at all.' : `Allowed: ${known}.`}`,
      );
    }
    const value = parseParameter(parameter, text);
    if (value === undefined) {
      throw new UsageError(`Parameter ${name} cannot be "${text}". Allowed: ${allowedValues(parameter)}.`);
    }
    values[name] = value;
  }
  return values;
}

/**
 * The variables of repeated `--env NAME=value`. The last of one name counts; the value may be empty, and contain `=`.
 * @throws UsageError
 */
export function parseEnvironment(variables: readonly string[]): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const variable of variables) {
    const separator = variable.indexOf('=');
    if (separator < 1) throw new UsageError(`--env ${variable} has no value. Allowed: --env NAME=value.`);
    environment[variable.slice(0, separator)] = variable.slice(separator + 1);
  }
  return environment;
}
