// The state of a scenario in words and hue, for the catalogue.

import type { ScenarioState } from '../stores/run-store.ts';
import type { HueClass } from './verdict-hue.ts';

export const WORDS_OF_STATE: Record<ScenarioState, string> = {
  'not-run': 'not run yet',
  running: 'running',
  held: 'prediction held',
  missed: 'prediction missed',
  failed: 'did not finish',
  ended: 'ended',
};

export const HUE_OF_STATE: Record<ScenarioState, HueClass> = {
  'not-run': 'hue-grey',
  running: 'hue-blue',
  held: 'hue-green',
  missed: 'hue-amber',
  failed: 'hue-red',
  ended: 'hue-grey',
};
