// Which single object a density has under the pointer, where it is alone there: so that zooming in leads from any overview to
// an object, also where too many are alive at once for lifelines. No canvas in here; the lanes' strip asks for it.

import { entryKind, entryRow, type CALLBACK, type REGISTRATION } from '../stream/event-index.ts';
import type { RunStream, TimeRange } from '../stream/run-stream.ts';

/** More events than this within reach of the pointer are a crowd, whatever lanes they belong to. */
const MOST_LOOKED_AT = 512;

/** Row of the only object to which this happened in the stretch; undefined: it happened to none, or to several. */
export function loneRow(
  { events }: RunStream,
  { fromMs, toMs }: TimeRange,
  kind: typeof REGISTRATION | typeof CALLBACK,
  isInLane: (row: number) => boolean,
): number | undefined {
  const end = events.positionAfter(toMs);
  let position = events.positionBefore(fromMs);
  if (end - position > MOST_LOOKED_AT) return undefined;
  let found: number | undefined;
  for (; position < end; position++) {
    const entry = events.entryAt(position);
    const row = entryRow(entry);
    if (entryKind(entry) !== kind || !isInLane(row)) continue;
    if (found !== undefined) return undefined;
    found = row;
  }
  return found;
}
