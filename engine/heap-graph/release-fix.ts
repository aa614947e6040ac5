// Writes the fix of one reason: a sentence for each edge that has to go, and how many there are. A fix is offered as one only
// where the graph confirms it.

import { fixClause, type FixContext } from './naming/fix-sentence.ts';
import type { Release, Way } from './releases.ts';

/** Sentences for more edges than these say how many there are besides. */
const MOST_NAMED = 5;

/** @param contextOf what there is to say of a way, or of the step of it that is as likely. */
export function fixOfRelease({ ways, outcome }: Release, contextOf: (way: Way, step: number) => FixContext): string {
  const clauseOf = (way: Way): string => {
    const { step, rival } = way.suspect;
    const clause = fixClause(contextOf(way, step));
    return rival === undefined ? clause : withRival(clause, fixClause(contextOf(way, rival)));
  };
  const [first] = ways;
  if (first === undefined) return '';
  const own = ways.filter(({ suspect }) => suspect.cause !== 'unknown');
  if (ways.length === 1 || own.length === 0) {
    return outcome === 'unknown' ? `${clauseOf(first)}. ${UNKNOWN_REST}` : `${clauseOf(first)}.`;
  }
  const alike = groupAlike(own, (way) => fixClause({ ...contextOf(way, way.suspect.step), isOneOfMany: true }));
  const sentences = [...alike].map(([clause, [way, ...others]]) =>
    others.length === 0 ? `${clauseOf(way)}.` : `${clause}, for each of ${others.length + 1} that lead to it.`,
  );
  const named = sentences.slice(0, MOST_NAMED);
  const which = sentences.length > MOST_NAMED ? `; the first ${MOST_NAMED}:` : '.';
  const count = outcome === 'more' ? `At least ${own.length + 1}` : String(own.length);
  const lead = own.length === 1 ? [] : [`${count} references keep it, and each of them has to go${which}`];
  const rest = outcome === 'unknown' ? [UNKNOWN_REST] : ways.length > own.length ? [heldBesides(ways)] : [];
  return [...lead, ...named, ...rest].join(' ');
}

/** Ways that are described alike, as the elements of one array are, by that description. */
function groupAlike(ways: readonly Way[], describe: (way: Way) => string): Map<string, [Way, ...Way[]]> {
  const groups = new Map<string, [Way, ...Way[]]>();
  for (const way of ways) {
    const clause = describe(way);
    const group = groups.get(clause);
    if (group === undefined) groups.set(clause, [way]);
    else group.push(way);
  }
  return groups;
}

const UNKNOWN_REST = 'Other paths may keep it as well: there are too many to look at.';

/** What the program can't cut. */
function heldBesides(ways: readonly Way[]): string {
  const steps = ways.find(({ suspect }) => suspect.cause === 'unknown')?.steps ?? [];
  const holder = steps.at(-2)?.node;
  return `${holder === undefined ? 'Node or V8' : `Node or V8, through ${holder},`} keeps it as well: see the other paths.`;
}

const withRival = (clause: string, other: string): string => `${clause}. Equally likely: ${uncapitalized(other)}`;

const uncapitalized = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
