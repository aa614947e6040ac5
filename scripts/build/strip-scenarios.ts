// Makes the scenarios runnable by the Node of an observed process. Types are blanked out, not compiled away, so that
// line and column of every site in a recording are those of the .ts file that the application shows.

import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'rolldown/utils';
import { writeFileAtomically } from './write-atomically.ts';

interface SpecifierPlace {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The module specifiers of plain JavaScript, static and literal dynamic ones. */
function specifiersOf(path: string, source: string): SpecifierPlace[] {
  const { module, errors } = parseSync(path, source, { lang: 'js', sourceType: 'module' });
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  const places: SpecifierPlace[] = [];
  const add = (start: number, end: number) => {
    const quoted = source.slice(start, end);
    if (/^(['"]).*\1$/s.test(quoted)) places.push({ text: quoted.slice(1, -1), start: start + 1, end: end - 1 });
  };
  for (const { moduleRequest } of module.staticImports) add(moduleRequest.start, moduleRequest.end);
  for (const { entries } of module.staticExports) {
    const request = entries.find(({ moduleRequest }) => moduleRequest !== null)?.moduleRequest;
    if (request) add(request.start, request.end);
  }
  for (const { moduleRequest } of module.dynamicImports) add(moduleRequest.start, moduleRequest.end);
  return places;
}

/** JavaScript with every character where it was in the TypeScript, and the relative modules that it imports. */
export function stripModule(path: string, source: string): { code: string; imports: string[] } {
  let code = stripTypeScriptTypes(source, { mode: 'strip' });
  const imports: string[] = [];
  for (const { text, start, end } of specifiersOf(path, code)) {
    if (!/^\.\.?\//.test(text) || !text.endsWith('.ts')) continue;
    imports.push(text);
    code = `${code.slice(0, start)}${text.slice(0, -3)}.js${code.slice(end)}`;
  }
  return { code, imports };
}

/**
 * Strips every scenario of `engine/scenarios`, and what they import at run time, into the same places under `out/`;
 * and copies the scenarios' own sources beside them, for display.
 * @returns how many scenarios and other modules were written
 */
export async function stripScenarios(root: string): Promise<{ scenarios: number; modules: number }> {
  const engineFolder = join(root, 'engine');
  const outFolder = join(root, 'out');
  const names = (await readdir(join(engineFolder, 'scenarios'))).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('_'),
  );
  const scenarioPaths = new Set(names.map((name) => join(engineFolder, 'scenarios', name)));
  const waiting = [...scenarioPaths];
  const seen = new Set(waiting);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const source = await readFile(path, 'utf8');
    const target = join(outFolder, relative(engineFolder, path));
    const { code, imports } = stripModule(relative(root, path), source);
    await writeFileAtomically(target.replace(/\.ts$/, '.js'), code);
    if (scenarioPaths.has(path)) await writeFileAtomically(target, source);
    for (const specifier of imports) {
      const imported = resolve(dirname(path), specifier);
      if (relative(engineFolder, imported).startsWith('..')) {
        throw new Error(`${relative(root, path)} imports ${specifier}, which is outside engine/.`);
      }
      if (seen.has(imported)) continue;
      seen.add(imported);
      waiting.push(imported);
    }
  }
  return { scenarios: scenarioPaths.size, modules: seen.size - scenarioPaths.size };
}
