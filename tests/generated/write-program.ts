// Puts a program together: objects with labels, each kept by a chain of holders or let go of, and what is true of each.

import { ANCHORS } from './anchors.ts';
import { CARRIERS, type Carrier } from './carriers.ts';
import { drawn, type Dice } from './dice.ts';
import type { Expectation, HolderName } from './expectation.ts';
import { NEAR_MISSES } from './near-misses.ts';
import { PLACES, type Place, type PlaceContext } from './places.ts';
import { SITES, type Keep } from './sites.ts';
import { SourceFile, type Dialect } from './source-file.ts';

export interface GeneratedProgram {
  readonly name: string;
  /** The file to run. */
  readonly main: string;
  /** Text by file name. */
  readonly files: ReadonlyMap<string, string>;
  readonly expectations: readonly Expectation[];
  /** What it is made of, for a person. */
  readonly recipe: readonly string[];
}

const keysOf = (record: Readonly<Record<string, unknown>>): readonly string[] => Object.keys(record);
const PLACE_NAMES = keysOf(PLACES);
const SITE_NAMES = keysOf(SITES);
const ANCHOR_NAMES = keysOf(ANCHORS);
const NEAR_MISS_NAMES = keysOf(NEAR_MISSES);
const MOST_CASES = 4;

/** Programs named `p0`, `p1`, …; the same ones for the same seed. */
export const generatedProgram = drawn((dice) => (number: number) => writeProgram(dice, `p${number}`));

interface Writing {
  readonly name: string;
  readonly dice: Dice;
  readonly file: SourceFile;
  readonly files: SourceFile[];
  readonly expectations: Expectation[];
  readonly recipe: string[];
  objects: number;
}

function writeProgram(dice: Dice, name: string): GeneratedProgram {
  const dialect = dice.pick<Dialect>(['mjs', 'mjs', 'cjs', 'ts']);
  const file = new SourceFile(`${name}-main`, dialect);
  const files = [file];
  const writing: Writing = { name, dice, file, files, expectations: [], recipe: [dialect], objects: 0 };
  file.export(
    'registry',
    // Where a global says so, what is finalized is counted natively; the registry is the program's own.
    `const registry = new FinalizationRegistry((held${file.type('any')}) => { globalThis.finalizedLabels?.push(held.label ?? held); });`,
  );
  const className = dice.className();
  file.add(`class ${className} {`, '  id = 1;', '  pages = [];', '}');
  for (let left = 1 + dice.integer(MOST_CASES); left > 0; left--) writeCase(writing, className);
  for (let left = dice.integer(3); left > 0; left--) writeNearMiss(writing, className);
  return {
    name,
    main: file.name,
    files: new Map(files.map((each) => [each.name, each.text])),
    expectations: writing.expectations,
    recipe: writing.recipe,
  };
}

/** A holder that is written down, and how it is used. */
interface WrittenHolder {
  readonly what: string;
  readonly keep: Keep;
  readonly carrier: Carrier;
  readonly place: Place | undefined;
  use(body: string): string;
}

const contextOf = ({ dice, file, files, name }: Writing): PlaceContext => ({
  dice,
  file,
  newFile() {
    const made = new SourceFile(`${name}-store${files.length}`, file.dialect);
    files.push(made);
    return made;
  },
});

/** An object that something seems to keep. */
function writeNearMiss(writing: Writing, className: string): void {
  const { dice, file } = writing;
  const kind = dice.pick(NEAR_MISS_NAMES);
  const code = NEAR_MISSES[kind]!(contextOf(writing));
  const [miss, label] = [dice.name(), `${writing.name}-${(writing.objects += 1)}`];
  file.export(
    miss,
    [
      `function ${miss}(label${file.type('string')}) {`,
      `  const item${file.type('any')} = new ${className}();`,
      '  registry.register(item, { label });',
      `  ${code}`,
      '}',
    ].join('\n'),
  );
  file.add(`${miss}('${label}');`);
  writing.expectations.push({ label, holders: [], path: [] });
  writing.recipe.push(`near miss: ${kind}`);
}

function writeHolder(writing: Writing): WrittenHolder {
  const { dice } = writing;
  const context = contextOf(writing);
  const isAnchor = dice.once(4);
  const siteName = isAnchor ? dice.pick(ANCHOR_NAMES) : dice.pick(SITE_NAMES);
  const carrier = dice.pick(CARRIERS)(context);
  if (isAnchor) {
    const keep = ANCHORS[siteName]!(context);
    return { what: siteName, keep, carrier, place: undefined, use: (body) => `{ ${body} }` };
  }
  const placeName = dice.pick(PLACE_NAMES);
  const { initial, site } = SITES[siteName]!(context);
  const place = PLACES[placeName]!(context, initial);
  return { what: `${siteName} in ${placeName}`, keep: site, carrier, place, use: place.use.bind(place) };
}

/** Some objects that are kept in one way, or in two, and one that was and is no more. */
function writeCase(writing: Writing, className: string): void {
  const { dice, file } = writing;
  const holders = Array.from({ length: dice.once(5) ? 2 : 1 }, () => writeHolder(writing));
  const isSingle = holders.some(({ keep }) => keep.isSingle === true);
  const isAnchored = holders.some(({ place }) => place === undefined);
  const count = isSingle || isAnchored ? 1 : dice.pick([1, 1, 1, 2, 3, 10]);
  const hasTwin = holders.every(({ keep }) => keep.isForEver !== true);
  writing.recipe.push(`${count} × ${holders.map(({ what }) => what).join(' and ')}`);

  const open = dice.name();
  const type = (name: string) => file.type(name);
  const body = holders.map(({ keep, carrier, use }, at) =>
    // Each in a function of its own, so that no two share a scope.
    [
      `function ${open}By${at}(session${type('any')}, key${type('string')}, held${type('any')}) {`,
      `  let undo${type('any')};`,
      `  const item = ${carrier.wrap('session')};`,
      `  ${use(keep.keep)}`,
      `  return () => { ${use(keep.release)} };`,
      '}',
    ].join('\n'),
  );
  file.add(...body);
  file.export(
    open,
    [
      `function ${open}(label${type('string')}, key${type('string')}) {`,
      `  const session = new ${className}();`,
      `  const held = { label, owner: undefined };`,
      `  registry.register(session, held);`,
      `  return [${holders.map((_, at) => `${open}By${at}(session, key, held)`).join(', ')}];`,
      '}',
    ].join('\n'),
  );
  const nextLabel = () => `${writing.name}-${(writing.objects += 1)}`;
  if (hasTwin) {
    const label = nextLabel();
    file.add(`for (const release of ${open}('${label}', 'gone')) release();`);
    writing.expectations.push({ label, holders: [], path: [] });
  }
  for (let left = count; left > 0; left--) {
    const label = nextLabel();
    const key = `${dice.pick(['ada', 'bob', 'eve', 'kim', 'lea'])}-${writing.objects}`;
    file.add(`${open}('${label}', '${key}');`);
    writing.expectations.push(expectationOf(label, key, count, holders));
  }
}

function expectationOf(label: string, key: string, count: number, holders: readonly WrittenHolder[]): Expectation {
  const [first] = holders;
  const { keep, carrier } = first!;
  const place = keep.isElsewhere === true ? undefined : first!.place;
  const names = holders.map(({ keep, carrier: own, place: in_ }): readonly HolderName[] =>
    keep.names(in_ ?? { use: (body) => body, leaf: '', path: [] }, key, count).map(({ causes, fix }) => ({
      causes: keep.isField === true ? [...causes, ...own.causes, ...(in_?.rivals ?? [])] : causes,
      fix,
    })),
  );
  if (holders.length > 1) return { label, holders: names, path: [] };
  return {
    label,
    holders: names,
    path: [...(place === undefined ? [] : [place.leaf, ...place.path]), ...(keep.path ?? []), ...carrier.path],
    ...(place?.innocent === undefined ? {} : { innocent: place.innocent }),
  };
}
