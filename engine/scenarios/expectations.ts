// Sentences that many predictions share: who is called back, who stays, and what is said to keep them alive.
// Called by the scenarios' predictions, in the session.

import type { ReportedObject } from '../protocol/run-report.ts';
import { assertNever, type Cause, type Ending, type Verdict } from '../protocol/vocabulary.ts';
import type { PredictionCheck, PredictionFacts } from './define-scenario.ts';
import { expectedCollections } from './expected-collections.ts';

/** A group of a run's objects with the number of them that the program registers. */
export interface Group {
  /** Begins the sentence: `Fixed`, `Sessions`. */
  readonly name: string;
  readonly count: number;
  readonly objects: readonly ReportedObject[];
}

/** All of the group's callbacks run where major GCs are certain, none where none comes, and else any number. */
export function expectCallbacks(facts: PredictionFacts, group: Group): PredictionCheck {
  const { name, count, objects } = group;
  const finalized = countOf(objects, 'finalized');
  const observed = `${name}: ${objects.length} registered, ${finalized} called back`;
  const isComplete = objects.length === count;
  const collections = expectedCollections(facts);
  switch (collections) {
    case 'certain': {
      const expectation = count === 1 ? `${name}: the callback runs` : `${name}: all ${count} callbacks run`;
      return { expectation, observed, held: isComplete && finalized === count };
    }
    case 'none':
      return {
        expectation: `${name}: no callback runs, since no major GC comes`,
        observed,
        held: isComplete && finalized === 0,
      };
    case 'possible':
      return { expectation: `${name}: between 0 and ${count} callbacks run`, observed, held: isComplete };
    default:
      return assertNever(collections);
  }
}

/** Whoever collects, and however often: each object of the group has this verdict. */
export function expectVerdict(verdict: Verdict, words: string, { name, count, objects }: Group): PredictionCheck {
  const found = countOf(objects, verdict);
  return {
    expectation: `${name}: ${words}`,
    observed: `${name}: ${objects.length} registered, ${found} ${verdict}`,
    held: objects.length === count && found === count,
  };
}

/**
 * Where the run was explained by a heap snapshot: every object of the group that is listed is kept by `cause`. Without a
 * snapshot there is nothing to check, and no check.
 */
export function expectCause(facts: PredictionFacts, cause: Cause, group: Group): PredictionCheck[] {
  if (facts.report.causes === undefined) return [];
  const named = group.objects.flatMap(({ why }) => (why === undefined ? [] : [why.cause]));
  const others = [...new Set(named.filter((candidate) => candidate !== cause))];
  const agreeing = named.filter((candidate) => candidate === cause).length;
  return [
    {
      expectation: `${group.name}: the heap snapshot names what keeps them alive: ${cause}`,
      observed: `${group.name}: ${agreeing} of ${named.length} explained objects${others.length > 0 ? `, others: ${others.join(', ')}` : ''}`,
      held: agreeing > 0 && others.length === 0,
    },
  ];
}

/** What most people would guess rightly of objects that are let go of: it depends on who collects. */
export function endingByCollections({ gcPolicy }: Pick<PredictionFacts, 'gcPolicy'>): Ending {
  return gcPolicy.kind === 'major' || gcPolicy.kind === 'pressure' ? 'finalized' : 'never';
}

/**
 * The program comes to its own end. One that broke off was not collected for, so expectCallbacks() allows any number then:
 * this is what notices.
 */
export function expectCompletion({ report: { outcome } }: PredictionFacts): PredictionCheck {
  return {
    expectation: 'The program comes to its end without an error',
    observed: `The program: ${outcome.status}`,
    held: outcome.status === 'completed',
  };
}

export function countOf(objects: readonly ReportedObject[], verdict: Verdict): number {
  return objects.filter((object) => object.verdict === verdict).length;
}
