// Where in the program something was called: file, line, column, function. Each place gets a small number in each watch,
// and is told to the companion once. Runs in the program's thread.

import { mapGet, mapSet, startsWith } from './intrinsics.ts';
import { findSource } from './loaded-source-map.ts';

/** A place in the program. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly functionName: string;
}

/** A place, the same object each time it is met, with what the observer keeps about it. */
export interface KnownPlace extends Place {
  /** How many more held values that are registered here are looked into. */
  looksLeft: number;
  /** How many more objects that are registered here are recognized if they are registered again. */
  samplesLeft: number;
  /** True where held values are so large that they are not even rendered. */
  hasLargeValues: boolean;
}

export interface Site extends Place {
  readonly id: number;
  /** True if the place is that of the source already, not of what a loader built of it. */
  readonly isSource?: boolean;
  /** Class of the objects that are registered there; absent for a registry, and where there is none. */
  readonly className?: string;
}

const LOOKS = 8;
const SAMPLES = 32;

/** Somewhere in Node's own JavaScript. */
export const NODE_PLACE: KnownPlace = {
  file: 'node:',
  line: 0,
  column: 0,
  functionName: '',
  looksLeft: 0,
  samplesLeft: 0,
  hasLargeValues: true,
};

/** Code that is made at run time has ever new places; of more than so many, the further ones are not told. */
const MAXIMUM_PLACES = 65_536;

/**
 * Makes the function that finds the place that called `below`; undefined if it cannot be told. Costs a microsecond or two,
 * and runs nothing of the program's, whatever it has made of `Error`.
 */
export function createPlaceFinder(): (below: Function) => KnownPlace | undefined {
  const byFile = new Map<string, Map<number, KnownPlace>>();
  const IntrinsicError = Error;
  const IntrinsicMap = Map;
  const { captureStackTrace } = Error;
  const { getOwnPropertyDescriptor, defineProperty, deleteProperty } = Reflect;
  const global = globalThis;
  let places = 0;

  const giveCallSites = (_error: Error, callSites: NodeJS.CallSite[]) => callSites;
  const ours = { value: giveCallSites, writable: true, enumerable: false, configurable: true };

  function callSiteBelow(below: Function): NodeJS.CallSite | undefined {
    // Node looks there for `prepareStackTrace` first.
    if (getOwnPropertyDescriptor(global, 'Error')?.value !== IntrinsicError) return undefined;
    const limit = getOwnPropertyDescriptor(IntrinsicError, 'stackTraceLimit');
    if (limit === undefined || limit.writable !== true) return undefined;
    const prepare = getOwnPropertyDescriptor(IntrinsicError, 'prepareStackTrace');
    // Node's own, and what most programs make of it; assigning is much cheaper than defining.
    const isPlain = prepare !== undefined && prepare.writable === true;
    if (isPlain) IntrinsicError.prepareStackTrace = giveCallSites;
    else if (!defineProperty(IntrinsicError, 'prepareStackTrace', ours)) return undefined;
    const holder: { stack?: NodeJS.CallSite[] } = {};
    try {
      IntrinsicError.stackTraceLimit = 1;
      captureStackTrace(holder, below);
      return holder.stack?.[0];
    } finally {
      IntrinsicError.stackTraceLimit = limit.value as number;
      if (isPlain) IntrinsicError.prepareStackTrace = prepare.value as typeof IntrinsicError.prepareStackTrace;
      else if (prepare === undefined) deleteProperty(IntrinsicError, 'prepareStackTrace');
      else defineProperty(IntrinsicError, 'prepareStackTrace', prepare);
    }
  }

  return (below) => {
    const callSite = callSiteBelow(below);
    if (callSite === undefined) return undefined;
    const file = callSite.getFileName() ?? callSite.getEvalOrigin() ?? '';
    let inFile = mapGet(byFile, file) as Map<number, KnownPlace> | undefined;
    if (inFile === undefined) mapSet(byFile, file, (inFile = new IntrinsicMap()));
    const position = callSite.getPosition();
    const known = mapGet(inFile, position) as KnownPlace | undefined;
    if (known !== undefined || places === MAXIMUM_PLACES) return known;
    places++;
    const place: KnownPlace = startsWith(file, 'node:')
      ? NODE_PLACE
      : {
          file,
          line: callSite.getLineNumber() ?? 0,
          column: callSite.getColumnNumber() ?? 0,
          functionName: callSite.getFunctionName() ?? '',
          looksLeft: LOOKS,
          samplesLeft: SAMPLES,
          hasLargeValues: false,
        };
    mapSet(inFile, position, place);
    return place;
  };
}

const MAXIMUM_CLASSES = 32;

/** The numbers of one place, by the class of what is registered there. */
interface ClassNumbers {
  count: number;
  readonly byName: Map<string, number>;
}

export interface SiteRecorder {
  /**
   * The place's number in this watch, counted from 1; 0 for one that is not the program's. A place that registers objects
   * of several classes has one for each of the first few.
   */
  number(place: Place | undefined, className?: string): number;
}

/** `announce` is called once for each place, before its number is used. */
export function createSiteRecorder(announce: (site: Site) => void): SiteRecorder {
  const IntrinsicMap = Map;
  const numbers = new Map<Place, ClassNumbers>();
  let last = 0;

  function number(place: Place, className: string): number {
    let known = mapGet(numbers, place) as ClassNumbers | undefined;
    if (known === undefined) mapSet(numbers, place, (known = { count: 0, byName: new IntrinsicMap() }));
    const ofClass = mapGet(known.byName, className) as number | undefined;
    if (ofClass !== undefined) return ofClass;
    // Of a place that registers ever new classes, the further ones count as one without a name.
    if (known.count >= MAXIMUM_CLASSES && className !== '') return number(place, '');
    known.count++;
    mapSet(known.byName, className, ++last);
    const source = findSource(place);
    const { file, line, column } = source ?? place;
    const { functionName } = place;
    announce({
      id: last,
      file,
      line,
      column,
      functionName,
      ...(source !== undefined && { isSource: true }),
      ...(className !== '' && { className }),
    });
    return last;
  }

  return {
    number: (place, className = '') => (place === undefined || place === NODE_PLACE ? 0 : number(place, className)),
  };
}
