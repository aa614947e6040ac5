// Finds what has to be cut for an object to become unreachable: one edge where one is enough, otherwise every path's own.
// What is offered as a fix is what the graph confirms.

import { NO_EDGE } from './cheapest-paths.ts';
import { findSuspect, type Suspect } from './find-suspect.ts';
import { namePath } from './naming/name-path.ts';
import type { NamedStep } from './naming/named-step.ts';
import type { Naming } from './naming/path-walk.ts';
import type { RawPath } from './raw-path.ts';
import { gatherEvidence, type EvidenceTools } from './suspect-evidence.ts';

/** One path to an object, and the edge on it that is to be cut. */
export interface Way {
  readonly path: RawPath;
  readonly steps: readonly NamedStep[];
  /** Its cause is 'unknown' where nothing on the way is the program's to cut. */
  readonly suspect: Suspect;
  /** NO_EDGE where there is none. */
  readonly edge: number;
}

/**
 * 'freed': without the edges of all ways the object is unreachable. 'more': further edges would have to go.
 * 'held': some of the ways are not the program's to cut. 'unknown': the search was given up.
 */
export type ReleaseOutcome = 'freed' | 'more' | 'held' | 'unknown';

export interface Release {
  /** At least one. */
  readonly ways: readonly Way[];
  readonly outcome: ReleaseOutcome;
}

/** More edges than these are not looked for. */
const MAXIMUM_WAYS = 12;
/** A clear suspect that needs the company of more edges than these gives way to an edge that is enough alone. */
const HANDFUL = 4;

export interface ReleaseTools extends EvidenceTools {
  readonly naming: Naming;
}

/** Where nothing is the program's to cut, that is the last edge. */
const edgeOf = (path: RawPath, steps: readonly NamedStep[], { step, cause }: Suspect): number =>
  (cause === 'unknown' ? path.edges.at(-1) : steps[step]?.rawEdge) ?? NO_EDGE;

/** The suspect of a path that was found besides the first, on which no edge need be enough alone. */
export function suspectWay(tools: ReleaseTools, path: RawPath): Way {
  const steps = namePath(tools.naming, path);
  const { suspect } = findSuspect(steps, { ...gatherEvidence(tools, path, steps), frees: () => true });
  return { path, steps, suspect, edge: edgeOf(path, steps, suspect) };
}

/** @param spread see gatherEvidence. */
export function findRelease(
  tools: ReleaseTools,
  path: RawPath,
  steps: readonly NamedStep[],
  spread?: ReadonlyMap<number, number>,
): Release {
  const { suspect, fallback } = findSuspect(steps, gatherEvidence(tools, path, steps, spread));
  const first = { path, steps, suspect, edge: edgeOf(path, steps, suspect) };
  const release = findFurtherWays(tools, first, fallback === undefined ? MAXIMUM_WAYS : HANDFUL);
  if (fallback === undefined || release.outcome === 'freed') return release;
  return { ways: [{ path, steps, suspect: fallback, edge: edgeOf(path, steps, fallback) }], outcome: 'freed' };
}

export function findFurtherWays(tools: ReleaseTools, first: Way, maximum = MAXIMUM_WAYS): Release {
  const { cuts } = tools;
  const node = first.path.nodes.at(-1)!;
  if (first.edge === NO_EDGE) return { ways: [first], outcome: 'held' };
  if (cuts.isSoleWay(first.edge, node)) return { ways: [first], outcome: outcomeOf([first]) };
  const ways = [first];
  for (;;) {
    const edges = ways.map(({ edge }) => edge);
    const found = cuts.pathWithout(node, edges);
    if (found === 'none') {
      const needed = withoutNeedless(tools, node, ways);
      return { ways: withTrueRivals(tools, node, needed), outcome: outcomeOf(needed) };
    }
    if (found === 'unknown') return { ways, outcome: 'unknown' };
    if (ways.length >= maximum) return { ways, outcome: 'more' };
    const way = suspectWay(tools, found);
    if (way.edge === NO_EDGE || edges.includes(way.edge)) return { ways: [...ways, way], outcome: 'held' };
    ways.push(way);
  }
}

const outcomeOf = (ways: readonly Way[]): ReleaseOutcome =>
  ways.some(({ suspect }) => suspect.cause === 'unknown') ? 'held' : 'freed';

/** An edge that was found late may make one that was found earlier needless. */
function withoutNeedless({ cuts }: ReleaseTools, node: number, ways: readonly Way[]): Way[] {
  let needed = [...ways];
  for (const way of ways.slice(1, -1)) {
    const others = needed.filter((other) => other !== way);
    const edges = others.map(({ edge }) => edge);
    if (cuts.pathWithout(node, edges) === 'none') needed = others;
  }
  return needed;
}

/** Leaves out what is as likely to have been forgotten, but does not free the object in place of the suspect. */
function withTrueRivals({ cuts }: ReleaseTools, node: number, ways: readonly Way[]): Way[] {
  return ways.map((way) => {
    const { rival, ...suspect } = way.suspect;
    if (rival === undefined) return way;
    const edges = ways.map((other) => (other === way ? (way.steps[rival]?.rawEdge ?? NO_EDGE) : other.edge));
    return cuts.pathWithout(node, edges) === 'none' ? way : { ...way, suspect };
  });
}
