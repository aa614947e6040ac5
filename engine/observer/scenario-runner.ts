// The entry of the observed process for a built-in scenario: `scenario-runner.mjs <absolute module path> <parameters>`,
// the parameters as JSON that the session has validated. Does as little as it can, so that a recording shows the
// scenario and not its runner. Errors stay uncaught, as they would be in a program of its own.

import { channel } from 'node:diagnostics_channel';
import { pathToFileURL } from 'node:url';
import type { ScenarioContext } from '../scenarios/define-scenario.ts';

interface ScenarioModule {
  readonly scenario: { run(context: ScenarioContext): void | Promise<void> };
}

function isScenarioModule(module: object): module is ScenarioModule {
  const scenario: unknown = 'scenario' in module ? module.scenario : undefined;
  return typeof scenario === 'object' && scenario !== null && 'run' in scenario && typeof scenario.run === 'function';
}

const [modulePath = '', parametersJson = '{}'] = process.argv.slice(2);
const module: object = await import(pathToFileURL(modulePath).href);
if (!isScenarioModule(module)) throw new TypeError(`${modulePath} does not export a scenario.`);

const pictures = channel('heapline:picture');
await module.scenario.run({
  parameters: JSON.parse(parametersJson),
  release(label) {
    performance.mark(`release:${label}`);
    // Whoever observes marks has it by now; the buffer would only grow with each object.
    performance.clearMarks(`release:${label}`);
  },
  showPicture: (picture) => pictures.publish(picture),
});
// Where the event loop never runs dry (a utility process), this is what says that the program is done.
channel('heapline:program-ended').publish({});
