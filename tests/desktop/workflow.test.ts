// The workflow that runs the specification in Electron itself. It cannot be run here; what it promises can be read.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../../scripts/built-parts.ts';
import { checkDemand, isElectron } from './desktop-application.ts';

interface Workflow {
  readonly permissions: unknown;
  readonly jobs: {
    readonly desktop: {
      readonly strategy: { readonly matrix: { readonly include: readonly { os: string; display?: string }[] } };
      readonly 'runs-on': string;
      readonly env: Readonly<Record<string, string>>;
      readonly steps: readonly { uses?: string; run?: string; if?: string; 'continue-on-error'?: unknown }[];
    };
  };
}

const fromBuilder = createRequire(createRequire(import.meta.url).resolve('app-builder-lib/package.json'));
const { load } = fromBuilder('js-yaml') as { load(text: string): unknown };
const text = readFileSync(join(projectFolder, '.github/workflows/desktop.yml'), 'utf8');
const { permissions, jobs } = load(text) as Workflow;
const { desktop: job } = jobs;

describe('the workflow of the desktop application', () => {
  it('runs the specification on the three systems', () => {
    expect(job.strategy.matrix.include.map(({ os }) => os)).toEqual([
      'ubuntu-latest',
      'macos-latest',
      'windows-latest',
    ]);
    expect(job['runs-on']).toBe('${{ matrix.os }}');
    const test = job.steps.find(({ run }) => run?.endsWith('npm run test:desktop') === true);
    expect(test).toMatchObject({ run: '${{ matrix.display }} npm run test:desktop' });
    // Whatever system it is, and whatever comes of it.
    expect(test).not.toHaveProperty('if');
    expect(test).not.toHaveProperty('continue-on-error');
    expect(job.strategy.matrix.include[0]?.display).toMatch(/^xvfb-run /);
  });

  it('demands Electron itself, without which the specification fails', () => {
    expect(job.env['HEAPLINE_REQUIRE_ELECTRON']).toBe('1');
    if (isElectron) expect(() => checkDemand(job.env)).not.toThrow();
    else expect(() => checkDemand(job.env)).toThrow(/^HEAPLINE_REQUIRE_ELECTRON=1, but [^\n]+$/);
    expect(() => checkDemand({})).not.toThrow();
  });

  it('may only read, and uses actions as they were when they were chosen', () => {
    expect(permissions).toEqual({ contents: 'read' });
    const used = job.steps.flatMap(({ uses }) => uses ?? []);
    expect(used.length).toBeGreaterThan(0);
    for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[\da-f]{40}$/);
  });
});
