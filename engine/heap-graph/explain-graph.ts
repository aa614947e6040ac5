// From a heap graph to why each registered object is still alive: paths, causes, reasons and what they retain. Runs in the
// thread that explains snapshots.

import type { AliveReason, PathStep } from '../protocol/explanation.ts';
import { createAlternativePaths, type AlternativePaths } from './alternative-paths.ts';
import { findCheapestPaths, NO_EDGE, type PathTree } from './cheapest-paths.ts';
import { findDominators, NO_NODE, type Dominators } from './dominators.ts';
import { findEdgeCosts } from './edge-costs.ts';
import { CELL_STATES, type CellState, type SnapshotExplanation } from './explanation.ts';
import { findRoots } from './find-roots.ts';
import { findSuspect, type Suspect } from './find-suspect.ts';
import { indexGraph, type GraphIndex } from './graph-index.ts';
import type { HeapGraph } from './heap-graph.ts';
import { Edge, K, W } from './heap-words.ts';
import { fixSentence } from './naming/fix-sentence.ts';
import { namePath } from './naming/name-path.ts';
import { ENTRY, type NamedStep } from './naming/named-step.ts';
import type { Naming } from './naming/path-walk.ts';
import { shortenSteps } from './naming/shorten-steps.ts';
import { summarizePath } from './naming/summarize-path.ts';
import { groupPaths, NO_GROUP, type PathGroups } from './path-groups.ts';
import { pathTo, type RawPath } from './raw-path.ts';
import { findReachable } from './reachable.ts';
import { findRegistrations, type Registrations } from './registrations.ts';
import { retainedOfGroups } from './retained-groups.ts';
import { entryPositions, findRowEntries } from './row-entries.ts';
import { Scopes } from './scopes.ts';
import { SourceTexts } from './source-text.ts';
import { createWeakMapFinder } from './weak-maps.ts';

export interface ExplainGraphOptions {
  readonly firstId: number;
  /** 0 to 1. */
  readonly onProgress?: (progress: number) => void;
  readonly signal?: AbortSignal;
  /** Reads the program's files; tests give their own. */
  readonly sources?: SourceTexts;
}

/** Objects of further reasons are told to be alive without one. */
const MAXIMUM_REASONS = 5_000;
const MAXIMUM_PATHS = 3;
/** Paths that differ from those found in an index only are passed over, but not for ever. */
const MAXIMUM_PATHS_LOOKED_AT = 6;
/** Finding dominators takes some forty bytes a node; beyond this many, retained bytes are not told. */
const MAXIMUM_NODES_FOR_DOMINATORS = 60_000_000;

const stateCode = (state: CellState) => CELL_STATES.indexOf(state);

/** @throws what `signal` was aborted with, if it was. */
export async function explainGraph(graph: HeapGraph, options: ExplainGraphOptions): Promise<SnapshotExplanation> {
  const { firstId, onProgress, signal, sources = new SourceTexts() } = options;
  /** Between parts the thread turns, so that an abort is noticed. */
  const done = async (progress: number): Promise<void> => {
    onProgress?.(progress);
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  };
  const warnings: string[] = [];
  const index = indexGraph(graph);
  const registrations = findRegistrations(index, firstId);
  const { count, target, unreadable } = registrations;
  if (unreadable > 0) {
    warnings.push(`The snapshot does not show the numbers of ${unreadable} registrations; those are left out.`);
  }
  const isComplete = unreadable === 0;
  if (count === 0) return { ...nothing(), isComplete, warnings };
  await done(0.15);

  const scopes = new Scopes(index);
  const probeScript = findProbeScript(index, scopes, registrations);
  const cost = findEdgeCosts(index, scopes.findScopeOwners(probeScript));
  await done(0.35);
  const dominators = graph.nodeCount <= MAXIMUM_NODES_FOR_DOMINATORS ? findDominators(graph, cost) : undefined;
  const isReached = dominators === undefined ? findReachable(graph, cost) : reachedOf(dominators);
  await done(0.55);
  const { roots, exportedCells } = findRoots(index, scopes, isReached, probeScript);
  const tree = findCheapestPaths(graph, cost, roots);
  await done(0.7);
  const groups = groupPaths(index, tree, target);
  const isTarget = new Uint8Array(graph.nodeCount);
  for (let row = 0; row < count; row++) if (target[row]! >= 0) isTarget[target[row]!] = 1;
  const isRegistered = (node: number): boolean => isTarget[node] === 1;
  await done(0.8);

  const naming = createNaming(index, scopes, exportedCells, sources, tree);
  const chosen = chooseGroups(groups, tree, target);
  if (chosen.length < groups.count) {
    const left =
      groups.size.reduce((sum, size) => sum + size, 0) - chosen.reduce((sum, group) => sum + groups.size[group]!, 0);
    warnings.push(
      `${left} objects are alive for ${groups.count - chosen.length} further reasons, which are not listed: only the ${MAXIMUM_REASONS} that keep the most objects are.`,
    );
  }
  // From here on groups are numbered as they are chosen.
  const chosenOf = new Uint32Array(groups.count).fill(NO_GROUP);
  for (const [number, group] of chosen.entries()) chosenOf[group] = number;
  const groupOfRow = groups.groupOfRow.map((group) => (group === NO_GROUP ? NO_GROUP : chosenOf[group]!));

  const kept = chosen.map((group) => {
    const representative = groups.representative[group]!;
    const path = pathTo(tree, target[representative]!);
    const steps = namePath(naming, path);
    return { path, steps, suspect: findSuspect(steps, isRegistered), size: groups.size[group]! };
  });
  const entries = findRowEntries(
    index,
    tree,
    target,
    groupOfRow,
    kept.map(({ path, steps }) => entryPositions(path, steps)),
  );
  await done(0.9);

  const retainedBytes = new Float64Array(count).fill(Number.NaN);
  let groupRetained: Float64Array | undefined;
  if (dominators !== undefined) {
    groupRetained = retainedOfGroups(dominators, target, groupOfRow, chosen.length);
    for (let row = 0; row < count; row++) {
      if (groupOfRow[row] !== NO_GROUP) retainedBytes[row] = dominators.retainedBytes[target[row]!]!;
    }
  } else {
    warnings.push(`The snapshot has ${graph.nodeCount} nodes, too many to tell what each object retains.`);
  }

  let rowOfRecord: Map<number, number> | undefined;
  /** Whether the held value that a path goes through is that of a registration of the very object. */
  const holdsItself = (path: RawPath, step: NamedStep | undefined): boolean => {
    rowOfRecord ??= new Map(registrations.record.entries().map(([row, record]) => [record, row]));
    const record = path.nodes[path.edges.indexOf(step?.rawEdge ?? NO_EDGE)];
    const row = record === undefined ? undefined : rowOfRecord.get(record);
    return row !== undefined && target[row] === path.nodes.at(-1);
  };

  const alternatives = createAlternativePaths(graph, cost, tree);
  const reasons: AliveReason[] = [];
  for (const [number, { path, steps, suspect, size }] of kept.entries()) {
    const differing = entries.differing[number]!;
    const isUnalike = size > 1 && steps.length > 0;
    const others = findOthers({ alternatives, groups, naming, isRegistered }, path, steps, suspect);
    const texts = shortenSteps(steps, suspect.step).map(({ step, at }) => ({
      step,
      at,
      edge: isUnalike && differing.has(at) ? step.edge : withEntry(step),
    }));
    reasons.push({
      id: number + 1,
      cause: suspect.cause,
      summary: summarizePath(texts.map(({ step, edge }) => ({ ...step, edge }))),
      fix: fixSentence({
        steps,
        suspect: suspect.step,
        cause: suspect.cause,
        isOneOfMany: differing.size > 0,
        otherPaths: others.length,
        isOwnRegistration: suspect.cause !== 'held-value' || holdsItself(path, steps[suspect.step]),
        ...sharingOf(scopes, sources, steps[suspect.step]),
      }),
      count: size,
      ...(groupRetained === undefined ? {} : { retainedBytes: groupRetained[number]! }),
      paths: [
        texts.map(({ step, at, edge }) => protocolStep(step, edge, at === suspect.step)),
        ...others.map((other) =>
          shortenSteps(other.steps, other.suspect.step).map(({ step, at }) =>
            protocolStep(step, withEntry(step), at === other.suspect.step),
          ),
        ),
      ],
    });
    if (number % 256 === 255) await done(0.9 + (0.1 * number) / kept.length);
  }

  const state = new Uint8Array(count);
  const reasonId = new Uint32Array(count);
  let unreached = 0;
  const unreachedId = reasons.length + 1;
  for (let row = 0; row < count; row++) {
    const node = target[row]!;
    if (node < 0) state[row] = stateCode('cleared');
    else if (isReached[node] === 0) {
      state[row] = stateCode('unreachable');
      reasonId[row] = unreachedId;
      unreached++;
    } else {
      state[row] = stateCode('reachable');
      const number = groupOfRow[row]!;
      if (number !== NO_GROUP) reasonId[row] = number + 1;
    }
  }
  if (unreached > 0) reasons.push(notCollectedYet(unreachedId, unreached));
  await done(1);
  const { entryEnd, entryBytes } = entries;
  return { id: registrations.id, isComplete, state, reasonId, retainedBytes, entryEnd, entryBytes, reasons, warnings };
}

/** 1 for each node that the root reaches: those have a dominator. */
function reachedOf({ immediateDominator }: Dominators): Uint8Array {
  const isReached = new Uint8Array(immediateDominator.length);
  for (let node = 0; node < isReached.length; node++) isReached[node] = immediateDominator[node] === NO_NODE ? 0 : 1;
  isReached[0] = 1;
  return isReached;
}

const nothing = (): Omit<SnapshotExplanation, 'warnings' | 'isComplete'> => ({
  id: new Uint32Array(0),
  state: new Uint8Array(0),
  reasonId: new Uint32Array(0),
  retainedBytes: new Float64Array(0),
  entryEnd: new Uint32Array(0),
  entryBytes: new Uint8Array(0),
  reasons: [],
});

function notCollectedYet(id: number, count: number): AliveReason {
  const cause = 'not-collected-yet';
  const summary = 'nothing reaches it, and it is not collected yet';
  return {
    id,
    cause,
    summary,
    fix: fixSentence({ steps: [], suspect: -1, cause, isOneOfMany: false }),
    count,
    paths: [],
  };
}

function createNaming(
  index: GraphIndex,
  scopes: Scopes,
  exportedCells: Naming['exportedCells'],
  sources: SourceTexts,
  tree: PathTree,
): Naming {
  const findWeakMap = createWeakMapFinder(index);
  const names = new Map<number, string | undefined>();
  const naming: Naming = {
    index,
    scopes,
    exportedCells,
    sources,
    weakMapOf(edge) {
      const map = findWeakMap(edge);
      if (map < 0) return undefined;
      if (!names.has(map)) {
        // Set before it is named: a map may be the value of an entry of its own.
        names.set(map, undefined);
        names.set(map, namePath(naming, pathTo(tree, map)).at(-1)?.expression);
      }
      return names.get(map);
    },
  };
  return naming;
}

/** The groups that become reasons, those of most objects first. */
function chooseGroups(groups: PathGroups, tree: PathTree, target: Int32Array): number[] {
  const distance = (group: number): number => tree.distance[target[groups.representative[group]!]!]!;
  return Array.from({ length: groups.count }, (_, group) => group)
    .sort((one, other) => groups.size[other]! - groups.size[one]! || distance(one) - distance(other) || one - other)
    .slice(0, MAXIMUM_REASONS);
}

interface OtherPath {
  readonly steps: readonly NamedStep[];
  readonly suspect: Suspect;
}

/** Paths to the same object that do not go along what the ones before are suspected for, and differ in more than an index. */
function findOthers(
  tools: {
    readonly alternatives: AlternativePaths;
    readonly groups: PathGroups;
    readonly naming: Naming;
    readonly isRegistered: (node: number) => boolean;
  },
  path: RawPath,
  steps: readonly NamedStep[],
  suspect: Suspect,
): OtherPath[] {
  const { alternatives, groups, naming, isRegistered } = tools;
  const cut = cutOf(steps, suspect);
  if (path.gap !== undefined || cut === undefined) return [];
  const node = path.nodes.at(-1)!;
  const without = [cut];
  const seen = new Set([groups.patternOf(path.nodes, path.edges)]);
  const others: OtherPath[] = [];
  for (let look = 0; look < MAXIMUM_PATHS_LOOKED_AT && others.length < MAXIMUM_PATHS - 1; look++) {
    const found = alternatives.find(node, without);
    if (found === undefined) break;
    const named = namePath(naming, found);
    const other = { steps: named, suspect: findSuspect(named, isRegistered) };
    const next = cutOf(named, other.suspect);
    const pattern = found.gap === undefined ? groups.patternOf(found.nodes, found.edges) : 'long';
    // What only V8's or Node's own things hold besides is not another way of the program's.
    if (!seen.has(pattern) && other.suspect.cause !== 'unknown') others.push(other);
    seen.add(pattern);
    if (next === undefined || without.includes(next)) break;
    without.push(next);
  }
  return others;
}

function cutOf(steps: readonly NamedStep[], { step, cause }: Suspect): number | undefined {
  const edge = steps[step]?.rawEdge;
  return cause === 'unknown' || edge === undefined || edge === NO_EDGE ? undefined : edge;
}

/** Whether the closure on the way uses the variable itself, where its text tells. */
function sharingOf(scopes: Scopes, sources: SourceTexts, step: NamedStep | undefined) {
  if (step?.hold !== 'closure-variable' || step.closure === undefined || step.identifier === undefined) return {};
  const { place } = scopes.functionName(step.closure);
  if (place === undefined || sources.mentions(place, step.identifier) !== false) return {};
  return { sharing: { other: sources.otherUser(place, step.identifier) } };
}

const withEntry = (step: NamedStep): string => step.edge.replace(ENTRY, () => step.entry ?? ENTRY);

function protocolStep({ node, place }: NamedStep, edge: string, suspect: boolean): PathStep {
  return { edge, node, suspect, ...(place === undefined ? {} : { place }) };
}

/** The script that the callback of an observed registry is in: the probe's. Empty if no registry is left. */
function findProbeScript(index: GraphIndex, scopes: Scopes, { registry, count }: Registrations): string {
  const { graph, kind, targetOf } = index;
  for (const node of new Set(registry.subarray(0, count))) {
    if (node < 0) continue;
    for (let edge = graph.firstEdge[node]!, end = graph.firstEdge[node + 1]!; edge < end; edge++) {
      const callback = graph.edgeTarget[edge]!;
      if (graph.edgeType[edge] !== Edge.hidden || kind[callback] !== K.closure) continue;
      const sharedInfo = targetOf(callback, W.shared);
      if (sharedInfo >= 0) return scopes.scriptOf(sharedInfo);
    }
  }
  return '';
}
