// How the command line tells what is wrong with a scenario of the user's own.

import type { OwnScenario } from '../engine/protocol/own-scenario.ts';

/** `file:line: what is wrong`, in one line. */
export function problemInOneLine({ path, problem }: Extract<OwnScenario, { kind: 'broken' }>): string {
  const { place, message, hint } = problem;
  const where = place === undefined ? path : `${place.file}:${place.line}:${place.column}`;
  return `${where}: ${message}${hint === undefined ? '' : ` ${hint}`}`;
}
