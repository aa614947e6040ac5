import { describe, expect, it } from 'vitest';
import { typeScriptOptions } from './prepare-program.ts';

const options = (version: string) => typeScriptOptions({ path: '/bin/node', version });

describe('typeScriptOptions', () => {
  it.each(['22.18.0', '22.23.3', '23.6.0', '24.0.0', '25.1.0-nightly1'])('asks nothing of Node.js %s', (version) => {
    expect(options(version)).toEqual([]);
  });

  it.each(['22.6.0', '22.17.9', '23.0.0', '23.5.9'])('asks Node.js %s to strip types', (version) => {
    expect(options(version)).toEqual(['--experimental-strip-types']);
  });

  it.each(['20.20.2', '21.9.0', '22.5.1'])('refuses Node.js %s', (version) => {
    expect(() => options(version)).toThrow(`Node.js ${version} (/bin/node) does not run TypeScript.`);
  });
});
