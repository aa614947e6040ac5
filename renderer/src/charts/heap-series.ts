// The four curves of the heap chart: their names, hues and shapes, in one place for chart, legend and tooltip.

import type { RunStream } from '../stream/run-stream.ts';
import type { Palette } from './palette.ts';

export const HEAP_SERIES = [
  {
    key: 'used',
    title: 'used',
    column: 'usedBytes',
    hue: 'blue',
    widthPx: 1.5,
    dash: [],
    fill: 0.2,
    help: 'Objects in V8’s heap',
  },
  {
    key: 'external',
    title: 'external',
    column: 'externalBytes',
    hue: 'cyan',
    widthPx: 1.5,
    dash: [],
    fill: 0.1,
    help: 'ArrayBuffers and other memory outside V8’s heap, kept by its objects',
  },
  {
    key: 'total',
    title: 'total',
    column: 'totalBytes',
    hue: 'inkFaint',
    widthPx: 1,
    dash: [3, 3],
    fill: 0,
    help: 'What V8 has reserved for its heap',
  },
  {
    key: 'rss',
    title: 'RSS',
    column: 'rssBytes',
    hue: 'inkFaint',
    widthPx: 1,
    dash: [7, 3],
    fill: 0,
    help: 'Resident memory of the whole process',
  },
] as const satisfies readonly {
  key: string;
  title: string;
  column: keyof RunStream['samples'];
  hue: keyof Palette;
  widthPx: number;
  dash: readonly number[];
  /** Opacity of the area below the curve. */
  fill: number;
  help: string;
}[];

export type HeapSeriesKey = (typeof HEAP_SERIES)[number]['key'];

export const isHeapSeriesKey = (key: unknown): key is HeapSeriesKey => HEAP_SERIES.some((series) => series.key === key);

/** The process as a whole is an order of magnitude above its heap, so it is shown only when asked for. */
export const HIDDEN_AT_FIRST: readonly HeapSeriesKey[] = ['rss'];
