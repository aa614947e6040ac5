import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { build, mergeConfig } from 'vite';
import { afterAll, describe, expect, it } from 'vitest';
import { SCRIPTS } from '../build.ts';
import { APPLICATION_PARTS, partConfiguration } from './build-application.ts';
import { bundleInput } from './bundle-script.ts';
import { createNoticeCollector, NOTICES_FILE, type BundleObserver } from './third-party-notices.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'heapline-notices-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Reads `name version` and the license text of each package. */
function readNotices(path: string): Map<string, { license: string; text: string }> {
  const [, ...parts] = readFileSync(path, 'utf8').split(/^={80}\n(?=\S+ \S+\nLicense: )/m);
  return new Map(
    parts.map((part) => {
      const [heading = '', license = '', ...text] = part.split('\n');
      return [heading, { license: license.replace('License: ', ''), text: text.join('\n').trim() }];
    }),
  );
}

/** Returns the names of all that the bundlers put into out/: modules, and the files that assets come from. */
async function bundledSources(): Promise<Set<string>> {
  const sources = new Set<string>();
  const spy: BundleObserver = {
    name: 'spy',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        const names = file.type === 'chunk' ? file.moduleIds : file.originalFileNames;
        for (const name of names) sources.add(name);
      }
    },
  };
  for (const script of SCRIPTS) {
    await using bundle = await rolldown(bundleInput(root, script, spy));
    await bundle.generate({ format: script.format, codeSplitting: script.isSplit === true });
  }
  for (const part of APPLICATION_PARTS) {
    const configuration = await partConfiguration(root, part, join(folder, 'unused'), spy);
    await build(mergeConfig(configuration, { build: { write: false, minify: false } }));
  }
  return sources;
}

const manifestHeading = (packageFolder: string) => {
  const { name, version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  return `${name} ${version}`;
};

describe('the third-party notices', () => {
  const notices = readNotices(join(root, NOTICES_FILE));

  it('list every package that the bundlers put into out/', async () => {
    const headings = new Set<string>();
    const unknown = new Set<string>();
    const helpers: readonly (readonly [RegExp, string])[] = [
      [/^\0rolldown\//, 'rolldown'],
      [/^\0vite\//, 'vite'],
      [/^\0plugin-vue:/, '@vitejs/plugin-vue'],
    ];
    for (const source of await bundledSources()) {
      const inPackage = /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(source)?.[0];
      const helper = helpers.find(([pattern]) => pattern.test(source))?.[1];
      if (inPackage !== undefined) headings.add(manifestHeading(join(root, inPackage)));
      else if (helper !== undefined) headings.add(manifestHeading(join(root, 'node_modules', helper)));
      else if (source.startsWith('\0')) unknown.add(source);
    }
    expect([...unknown]).toEqual([]);
    // Code, styles and fonts, and a helper of a bundler.
    expect([...headings].join('\n')).toMatch(/^vue |@vue\/runtime-dom /m);
    expect([...headings].join('\n')).toMatch(/^@fontsource-variable\/inter /m);
    expect([...headings].join('\n')).toMatch(/^rolldown |^vite /m);
    expect([...headings].filter((heading) => !notices.has(heading))).toEqual([]);
  });

  it('list every runtime dependency, and Electron', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    // The last two are fast-png's own.
    const names = [...Object.keys(dependencies), 'electron', 'fflate', 'iobuffer'];
    const headings = names.map((name) => manifestHeading(join(root, 'node_modules', name)));
    expect(headings.filter((heading) => !notices.has(heading))).toEqual([]);
  });

  it('have a license and its whole text for each package', () => {
    expect(notices.size).toBeGreaterThan(30);
    for (const [heading, { license, text }] of notices) {
      expect(license, heading).toMatch(/^[\w.-]+$/);
      expect(text.length, heading).toBeGreaterThan(500);
      expect(text, heading).toMatch(/copyright/i);
    }
    expect(notices.get(manifestHeading(join(root, 'node_modules/@fontsource-variable/inter')))?.text).toContain(
      'SIL OPEN FONT LICENSE',
    );
  });
});

describe('a package without a license text', () => {
  const write = (path: string, content: unknown) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
  };

  it('fails the build by name, until it has one', async () => {
    write('package-lock.json', {
      packages: { '': {}, 'node_modules/bare': {}, 'node_modules/tool': { dev: true } },
    });
    write('node_modules/bare/package.json', { name: 'bare', version: '1.0.0', license: 'MIT' });
    write('node_modules/electron/package.json', { name: 'electron', version: '45.0.0', license: 'MIT' });
    write('node_modules/electron/LICENSE', 'The license of Electron');
    await expect(createNoticeCollector(folder).write()).rejects.toThrow('No license text in the package: bare.');
    write('node_modules/bare/LICENSE', 'The license of bare');
    expect(await createNoticeCollector(folder).write()).toBe(2);
    expect([...readNotices(join(folder, NOTICES_FILE))]).toEqual([
      ['bare 1.0.0', { license: 'MIT', text: 'The license of bare' }],
      ['electron 45.0.0', { license: 'MIT', text: 'The license of Electron' }],
    ]);
  });
});
