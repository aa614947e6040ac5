// `heapline list`: the built-in scenarios with their parameters, for a person or as JSON.

import type { ParameterDescription } from '../engine/protocol/catalogue.ts';
import { SCENARIOS } from '../engine/scenarios/index.ts';
import { allowedValues } from './option-values.ts';
import type { Output } from './output.ts';
import { EXIT_STATUS } from './usage-error.ts';

const LIST_SCHEMA_VERSION = 1;

export async function listScenarios(options: { json: boolean }, stdout: Output): Promise<number> {
  await stdout.write(options.json ? `${JSON.stringify(listDocument(), null, 2)}\n` : listText());
  return EXIT_STATUS.success;
}

function listDocument() {
  return {
    schemaVersion: LIST_SCHEMA_VERSION,
    scenarios: SCENARIOS.map(
      ({ id, title, category, summary, prediction, parameters, defaultGcPolicy, defaultLimits }) => ({
        id,
        title,
        category,
        summary,
        prediction,
        parameters,
        defaultGcPolicy,
        defaultLimits,
      }),
    ),
  };
}

function listText(): string {
  const idWidth = Math.max(...SCENARIOS.map(({ id }) => id.length));
  const lines: string[] = [];
  for (const { id, title, summary, parameters } of SCENARIOS) {
    lines.push(`${id.padEnd(idWidth)}  ${title}`, `${' '.repeat(idWidth)}  ${summary}`);
    for (const parameter of parameters) lines.push(`${' '.repeat(idWidth)}  --set ${describeParameter(parameter)}`);
    lines.push('');
  }
  return `${lines.join('\n')}\nRun one with: heapline run <id>\n`;
}

function describeParameter(parameter: ParameterDescription): string {
  const unit = parameter.kind === 'integer' && parameter.unit !== '' ? ` ${parameter.unit}` : '';
  return `${parameter.name}=${String(parameter.default)}${unit} (${allowedValues(parameter)}): ${parameter.title}`;
}
