// What a strip of the timeline is, and what it draws from. Strips know neither each other nor the timeline.

import type { Disposable } from '../../../../engine/protocol/port.ts';
import type { RunStream, TimeRange } from '../../stream/run-stream.ts';
import type { TimelineItem } from '../gestures.ts';
import type { HeapSeriesKey } from '../heap-series.ts';
import type { Palette } from '../palette.ts';
import type { TimeFormat, TimeScale } from '../time-scale.ts';
import type { TimelineMarks } from '../timeline-marks.ts';

/** What all strips draw from; one object that the timeline changes in place before a frame is drawn. */
export interface TimelineView {
  readonly stream: RunStream | undefined;
  readonly scale: TimeScale;
  /** End of the axis when all is shown. */
  readonly extentMs: number;
  /** All is shown: there is no window in the overview. */
  readonly isWhole: boolean;
  readonly palette: Palette;
  readonly hidden: ReadonlySet<HeapSeriesKey>;
  readonly marks: TimelineMarks;
  readonly selectedRow: number | undefined;
  readonly selection: TimeRange | undefined;
  readonly timeFormat: TimeFormat;
}

/** One row of the timeline, on one canvas or several of the same size. */
export interface Strip extends Disposable {
  /** Grows with whatever the strip itself has changed since it was drawn, its size above all. */
  readonly revision: number;
  draw(view: TimelineView): void;
  /** What lies under a point, relative to the strip's plot. */
  itemAt?(view: TimelineView, x: number, y: number): TimelineItem | undefined;
}

/** Room that a strip has, in CSS pixels. */
export interface StripSize {
  readonly width: number;
  readonly height: number;
}
