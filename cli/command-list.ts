// `heapline list`: the built-in scenarios and the user's own, with their parameters or their problems, for a person or as
// JSON.

import type { ParameterDescription, ScenarioDescription } from '../engine/protocol/catalogue.ts';
import type { OwnScenario } from '../engine/protocol/own-scenario.ts';
import { SCENARIOS } from '../engine/scenarios/index.ts';
import { allowedValues } from './option-values.ts';
import type { Output } from './output.ts';
import { problemInOneLine } from './own-scenario-problem.ts';
import { lookAtOwnScenarios } from './own-scenarios.ts';
import { EXIT_STATUS } from './usage-error.ts';

const LIST_SCHEMA_VERSION = 1;

type ListedScenario = Pick<
  ScenarioDescription,
  'id' | 'title' | 'category' | 'summary' | 'prediction' | 'parameters' | 'defaultGcPolicy' | 'defaultLimits'
>;

export async function listScenarios(options: { json: boolean }, stdout: Output): Promise<number> {
  const own = await lookAtOwnScenarios();
  await stdout.write(options.json ? `${JSON.stringify(listDocument(own), null, 2)}\n` : listText(own));
  return EXIT_STATUS.success;
}

function listDocument(own: readonly OwnScenario[]) {
  return {
    schemaVersion: LIST_SCHEMA_VERSION,
    scenarios: SCENARIOS.map(scenarioDocument),
    own: own.map((one) =>
      one.kind === 'usable'
        ? { path: one.path, ...scenarioDocument(one.description) }
        : {
            path: one.path,
            ...(one.kind === 'broken' && {
              ...(one.id !== undefined && { id: one.id }),
              ...(one.title !== undefined && { title: one.title }),
              problem: one.problem,
            }),
          },
    ),
  };
}

function scenarioDocument({
  id,
  title,
  category,
  summary,
  prediction,
  parameters,
  defaultGcPolicy,
  defaultLimits,
}: ListedScenario) {
  return { id, title, category, summary, prediction, parameters, defaultGcPolicy, defaultLimits };
}

function listText(own: readonly OwnScenario[]): string {
  const usable = own.flatMap((one) => (one.kind === 'usable' ? one.description : []));
  const broken = own.filter((one) => one.kind === 'broken');
  const idWidth = Math.max(...[...SCENARIOS, ...usable].map(({ id }) => id.length));
  const lines = SCENARIOS.flatMap((scenario) => scenarioLines(scenario, idWidth));
  if (own.length > 0) {
    lines.push('Mine', '', ...usable.flatMap((scenario) => scenarioLines(scenario, idWidth)));
    for (const one of broken) {
      lines.push(`${one.id ?? one.fileName}: cannot be used.`, problemInOneLine(one));
      lines.push(...(one.problem.frame?.split('\n') ?? []), '');
    }
  }
  const hint = own.length === 0 ? '\nWrite one of your own with: heapline new <name>' : '';
  return `${lines.join('\n')}\nRun one with: heapline run <id>${hint}\n`;
}

function scenarioLines({ id, title, summary, parameters }: ListedScenario, idWidth: number): string[] {
  const indent = ' '.repeat(idWidth);
  return [
    `${id.padEnd(idWidth)}  ${title}`,
    `${indent}  ${summary}`,
    ...parameters.map((parameter) => `${indent}  --set ${describeParameter(parameter)}`),
    '',
  ];
}

function describeParameter(parameter: ParameterDescription): string {
  const unit = parameter.kind === 'integer' && parameter.unit !== '' ? ` ${parameter.unit}` : '';
  return `${parameter.name}=${String(parameter.default)}${unit} (${allowedValues(parameter)}): ${parameter.title}`;
}
