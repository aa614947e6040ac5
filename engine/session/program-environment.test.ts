import { describe, expect, it } from 'vitest';
import { programEnvironment } from './program-environment.ts';

const inherited = {
  PATH: '/bin',
  HOME: '/home/somebody',
  API_TOKEN: 'secret',
  HEAPLINE_OBSERVER: '{}',
  HEAPLINE_TARGET: 'x',
  NODE_CHANNEL_FD: '3',
  ELECTRON_RUN_AS_NODE: '1',
  VSCODE_INSPECTOR_OPTIONS: '{}',
};

describe('programEnvironment', () => {
  it('passes on what a program needs to start, and no secret', () => {
    expect(programEnvironment({ OWN: '1' }, { inherited })).toEqual({ PATH: '/bin', HOME: '/home/somebody', OWN: '1' });
  });

  it('passes on everything that is wanted, but not what is Heapline’s own or a debugger’s', () => {
    expect(programEnvironment({ OWN: '1' }, { inherited, everything: true })).toEqual({
      PATH: '/bin',
      HOME: '/home/somebody',
      API_TOKEN: 'secret',
      OWN: '1',
    });
  });

  it.each([
    ['--inspect', undefined],
    ['--inspect-brk=127.0.0.1:0 --no-warnings', '--no-warnings'],
    ['--conditions=a --inspect-wait --require "/a folder/b.cjs"', '--conditions=a --require "/a folder/b.cjs"'],
    ['--inspect-port=1', '--inspect-port=1'],
    ['', ''],
  ])('takes the debugger out of inherited NODE_OPTIONS %j', (options, passed) => {
    const environment = programEnvironment({}, { inherited: { NODE_OPTIONS: options }, everything: true });
    expect(environment['NODE_OPTIONS']).toBe(passed);
  });

  it('lets a program’s own variables win, whatever they are', () => {
    const own = { PATH: '/own', NODE_OPTIONS: '--inspect' };
    expect(programEnvironment(own, { inherited })).toEqual({ ...own, HOME: '/home/somebody' });
  });

  it('takes names that differ in case for one, where the system does', () => {
    const options = { inherited: { Path: 'C:\\a' } };
    expect(programEnvironment({ PATH: 'C:\\b' }, { ...options, platform: 'win32' })).toEqual({ PATH: 'C:\\b' });
    expect(programEnvironment({ OTHER: '' }, { ...options, platform: 'win32' })).toEqual({ Path: 'C:\\a', OTHER: '' });
  });
});
