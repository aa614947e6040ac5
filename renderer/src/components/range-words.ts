// A stretch of the run as it is written, with as many digits as its length asks for. Pure; used by the panel of the
// selection and by the filters of the object table.

import { RELATIVE_TIME, wallClockText, type TimeFormat } from '../charts/time-scale.ts';
import { UNKNOWN_FIGURE, type Figure } from '../stream/figures.ts';
import type { RangeEvent } from '../stream/object-query.ts';
import type { TimeRange } from '../stream/run-stream.ts';

/** What is chosen, for a list, and what the table shows then, before `in 2.48–3.52 s`. */
export const RANGE_EVENT_WORDS: Record<RangeEvent, { readonly title: string; readonly shown: string }> = {
  any: { title: 'registered, collected or ended', shown: '' },
  registered: { title: 'registered', shown: 'registered' },
  collected: { title: 'collected', shown: 'collected' },
  finalized: { title: 'finalized', shown: 'finalized' },
  lived: { title: 'alive at some time', shown: 'alive' },
};

/** `2.48–3.52 s`, or `12:03:11.48–12.52`: two digits more than its length has before it, so that both edges differ. */
export function rangeFigure(
  { fromMs, toMs }: TimeRange,
  format: TimeFormat = RELATIVE_TIME,
  digits = digitsFor((toMs - fromMs) / 1000),
): Figure {
  if (!Number.isFinite(fromMs) || !Number.isFinite(toMs)) return { value: UNKNOWN_FIGURE, unit: '' };
  if (format.kind === 'clock') {
    const from = wallClockText(format.zeroMs + fromMs, digits);
    const to = wallClockText(format.zeroMs + toMs, digits);
    // Within one minute, its seconds say when it ended.
    const minute = 'hh:mm:'.length;
    const isSameMinute = from.slice(0, minute) === to.slice(0, minute);
    return { value: `${from}–${isSameMinute ? to.slice(minute) : to}`, unit: '' };
  }
  return { value: `${(fromMs / 1000).toFixed(digits)}–${(toMs / 1000).toFixed(digits)}`, unit: 's' };
}

const digitsFor = (lengthSeconds: number) =>
  lengthSeconds > 0 ? Math.min(6, Math.max(2, 1 - Math.floor(Math.log10(lengthSeconds)))) : 3;

/** A figure with its sign: `+1.2 MB`, `−0.4 MB`; what is not known, and zero, have none. */
export function signed(figure: Figure): Figure {
  const isNumber = /^-?\d/.test(figure.value);
  if (!isNumber || Number(figure.value) === 0) return { ...figure, value: figure.value.replace(/^-(?=0)/, '') };
  return { ...figure, value: figure.value.startsWith('-') ? `−${figure.value.slice(1)}` : `+${figure.value}` };
}
