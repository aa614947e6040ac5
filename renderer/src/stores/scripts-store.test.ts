import { describe, expect, it } from 'vitest';
import { defaultLaunchSettings, findLaunchProblem, launchOf, parseRemembered } from './scripts-store.ts';

describe('remembered scripts', () => {
  it('begin empty where nothing, or nothing readable, is stored', () => {
    const empty = parseRemembered('{}');
    expect(empty.recents).toEqual([]);
    expect(empty.scratch).toEqual({ name: 'scratch.mjs', launch: defaultLaunchSettings() });
    for (const unreadable of ['', '{', 'null', '[]', '7', '{"recents":7,"scratch":[]}']) {
      expect(parseRemembered(unreadable)).toEqual(empty);
    }
  });

  it('keep what is good of a script’s settings, one by one', () => {
    const launch = {
      argumentsText: '--a',
      standardInput: 7,
      gcPolicy: { kind: 'sometimes' },
      inheritEnvironment: true,
    };
    const { recents } = parseRemembered(JSON.stringify({ recents: [{ path: '/a.mjs', launch }] }));
    expect(recents).toEqual([
      { path: '/a.mjs', launch: { ...defaultLaunchSettings(), argumentsText: '--a', inheritEnvironment: true } },
    ]);
  });
});

describe('how a script is started', () => {
  it('says nothing that was not asked for', () => {
    expect(launchOf(defaultLaunchSettings())).toEqual({ args: [] });
  });

  it('is what was typed, without rows that are still empty', () => {
    const launch = {
      ...defaultLaunchSettings(),
      argumentsText: `--name 'two words'`,
      workingDirectory: ' /work ',
      environment: [
        { name: 'A', value: '1' },
        { name: '', value: '' },
      ],
      inheritEnvironment: true,
      standardInput: '',
    };
    expect(findLaunchProblem(launch)).toBeUndefined();
    expect(launchOf(launch)).toEqual({
      args: ['--name', 'two words'],
      workingDirectory: '/work',
      environment: { A: '1' },
      inheritEnvironment: true,
      standardInput: '',
    });
  });

  it.each([
    ['arguments', { argumentsText: '"open' }],
    ['environment', { environment: [{ name: 'A=B', value: '' }] }],
    ['environment', { environment: [{ name: '', value: 'nameless' }] }],
    [
      'environment',
      {
        environment: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      },
    ],
  ])('is not done with bad %s', (field, changes) => {
    expect(findLaunchProblem({ ...defaultLaunchSettings(), ...changes })?.field).toBe(field);
  });
});
