import { describe, expect, it } from 'vitest';
import type { ParameterDescription } from '../protocol/catalogue.ts';
import type { ParameterValues } from '../protocol/run-description.ts';
import { validateParameters } from './validate-parameters.ts';

const common = { title: '', help: '' };
const descriptions: ParameterDescription[] = [
  { kind: 'integer', name: 'count', ...common, unit: '', default: 5, minimum: 1, maximum: 100 },
  {
    kind: 'choice',
    name: 'load',
    ...common,
    default: 'idle',
    options: [
      { value: 'idle', title: 'Idle' },
      { value: 'busy', title: 'Busy' },
    ],
  },
  { kind: 'boolean', name: 'keep', ...common, default: false },
];

describe('validateParameters', () => {
  it('fills in what was not given', () => {
    expect(validateParameters(descriptions, { count: 7 })).toEqual({
      type: 'valid',
      parameters: { count: 7, load: 'idle', keep: false },
    });
  });

  it.each<[ParameterValues, RegExp]>([
    [{ count: 0 }, /count cannot be 0\. Allowed: an integer from 1 to 100/],
    [{ count: 101 }, /count cannot be 101/],
    [{ count: 1.5 }, /count cannot be 1\.5/],
    [{ count: '5' }, /count cannot be "5"/],
    [{ count: true }, /count cannot be true/],
    [{ load: 'asleep' }, /load cannot be "asleep"\. Allowed: "idle", "busy"/],
    [{ keep: 1 }, /keep cannot be 1\. Allowed: true, false/],
    [{ amount: 1 }, /no parameter "amount"\. Allowed: count, load, keep/],
    [JSON.parse('{"__proto__":1}') as ParameterValues, /no parameter "__proto__"/],
  ])('refuses %j and says what is allowed', (given, message) => {
    expect(validateParameters(descriptions, given)).toEqual({
      type: 'invalid',
      message: expect.stringMatching(message) as string,
    });
  });
});
