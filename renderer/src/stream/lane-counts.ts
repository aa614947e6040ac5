// Registrations and callbacks of the run by registry, site or label, in every pixel column, whatever the zoom: four bytes
// a group and kind for every 64 events. Derived from the stream's events as they come, in steps. No Vue in here.

import { objectName } from '../../../engine/protocol/object-name.ts';
import { CALLBACK, entryKind, entryRow, REGISTRATION } from './event-index.ts';
import { uint32Column, uint8Column } from './growable-column.ts';
import type { EventCursor, RunStream, TimeRange } from './run-stream.ts';

export const GROUPINGS = ['site', 'registry', 'label'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** More groups than this share the last one: lanes that are thinner than a line of text cannot be told apart. */
export const MOST_GROUPS = 8;
/** Counts of one block: registrations and callbacks of each group. */
const STRIDE = 2 * MOST_GROUPS;
const BLOCK_SHIFT = 6;
const SAMPLED_ROWS = 20_000;

export interface LaneColumns {
  /** One array for each group, one element for each pixel column. */
  readonly registered: readonly Uint32Array[];
  readonly called: readonly Uint32Array[];
}

/** `Session 12` and `Session 13` are of one kind: `Session …`. */
export const labelKind = (label: string) => label.replace(/\d+/g, '…');

/** Which group a registration belongs to. Groups are numbered as they are met, so that none moves when more come. */
export class LaneGroups {
  readonly grouping: Grouping;
  readonly #stream: RunStream;
  readonly #titles: string[] = [];
  readonly #groups = new Map<string, number>();
  /** By registration: 1 + its group; 0: not asked for yet. */
  readonly #groupOfRow = uint8Column();
  /** How many groups the last lane holds. */
  #sharedBy = 0;

  constructor(stream: RunStream, grouping: Grouping) {
    this.#stream = stream;
    this.grouping = grouping;
    this.#reserveLargest();
  }

  /** Of a run that is there already, the largest groups get the lanes, as far as a sample of its rows tells. */
  #reserveLargest(): void {
    const { length } = this.#stream.registrations.atMs;
    const step = Math.max(1, Math.floor(length / SAMPLED_ROWS));
    const counts = new Map<string, number>();
    for (let row = 0; row < length; row += step) {
      const title = this.#titleOf(row);
      counts.set(title, (counts.get(title) ?? 0) + 1);
    }
    if (counts.size <= MOST_GROUPS) return;
    const largest = new Set(
      [...counts]
        .sort(([, one], [, other]) => other - one)
        .slice(0, MOST_GROUPS - 1)
        .map(([title]) => title),
    );
    // In the order in which they were met, as those of a run that is still growing.
    for (const title of counts.keys()) if (largest.has(title)) this.#find(title);
    for (const title of counts.keys()) if (!largest.has(title)) this.#find(title, MOST_GROUPS - 1);
  }

  get titles(): readonly string[] {
    return this.#titles;
  }

  /** Whether some groups have no lane of their own. */
  get isShared(): boolean {
    return this.#sharedBy > 1;
  }

  groupOf(row: number): number {
    if (row >= this.#groupOfRow.length) this.#groupOfRow.fillTo(row + 1, 0);
    const known = this.#groupOfRow.values[row] ?? 0;
    if (known > 0) return known - 1;
    const group = this.#find(this.#titleOf(row));
    // A gap may yet be filled by a registration that comes late.
    if (Number.isNaN(this.#stream.registrations.atMs.values[row] ?? NaN)) return group;
    this.#groupOfRow.values[row] = group + 1;
    return group;
  }

  #titleOf(row: number): string {
    const { siteId, registryId } = this.#stream.registrations;
    const registry = `registry ${registryId.values[row] ?? 0}`;
    switch (this.grouping) {
      case 'registry':
        return registry;
      case 'site':
        return this.#stream.siteText(siteId.values[row] ?? 0) || registry;
      case 'label':
        return (
          objectName(labelKind(this.#stream.labelAt(row)), this.#stream.classNameOf(siteId.values[row] ?? 0)) ||
          'no label'
        );
    }
  }

  #find(title: string, wanted = this.#titles.length): number {
    const known = this.#groups.get(title);
    if (known !== undefined) return known;
    const group = Math.min(wanted, MOST_GROUPS - 1);
    this.#groups.set(title, group);
    if (group === MOST_GROUPS - 1) this.#sharedBy++;
    this.#titles[group] = this.#sharedBy > 1 && group === MOST_GROUPS - 1 ? `${this.#sharedBy} others` : title;
    return group;
  }
}

export class LaneCounts {
  readonly groups: LaneGroups;
  readonly #stream: RunStream;
  readonly #cursor: EventCursor;
  /** STRIDE counts before each block of 64 events; one block more than are whole. */
  readonly #before = uint32Column();
  readonly #running = new Uint32Array(STRIDE);
  readonly #low = new Uint32Array(STRIDE);
  readonly #high = new Uint32Array(STRIDE);

  constructor(stream: RunStream, groups: LaneGroups) {
    this.#stream = stream;
    this.groups = groups;
    this.#cursor = stream.events.createCursor();
    this.#before.fillTo(STRIDE, 0);
  }

  /** Reads on, at most `most` events. @returns whether all that have come are read */
  advance(most: number): boolean {
    const { events } = this.#stream;
    // Blocks that older events were put into are counted anew from their start.
    const firstBlock = Math.min(this.#cursor.position >> BLOCK_SHIFT, this.#before.length / STRIDE - 1);
    this.#before.length = (firstBlock + 1) * STRIDE;
    this.#running.set(this.#before.values.subarray(firstBlock * STRIDE, (firstBlock + 1) * STRIDE));
    const { length } = events;
    const end = Math.min(length, (firstBlock << BLOCK_SHIFT) + Math.max(most, 1 << BLOCK_SHIFT));
    let position = firstBlock << BLOCK_SHIFT;
    while (position < end) {
      this.#count(position, this.#running);
      position++;
      if ((position & ((1 << BLOCK_SHIFT) - 1)) === 0) this.#before.append(this.#running);
    }
    this.#cursor.position = position;
    return position === length;
  }

  /** Where what is read so far ends: counts from here on are not known yet. */
  get readToMs(): number {
    const { events } = this.#stream;
    return this.#cursor.position < events.length ? events.timeAt(this.#cursor.position) : Infinity;
  }

  #count(position: number, counts: Uint32Array): void {
    const entry = this.#stream.events.entryAt(position);
    const kind = entryKind(entry);
    if (kind === REGISTRATION) counts[2 * this.groups.groupOf(entryRow(entry))]! += 1;
    else if (kind === CALLBACK) counts[2 * this.groups.groupOf(entryRow(entry)) + 1]! += 1;
  }

  /** Counts of all events before a position. */
  #countsBefore(position: number, counts: Uint32Array): void {
    const block = Math.min(position >> BLOCK_SHIFT, this.#before.length / STRIDE - 1);
    counts.set(this.#before.values.subarray(block * STRIDE, (block + 1) * STRIDE));
    for (let each = block << BLOCK_SHIFT; each < position; each++) this.#count(each, counts);
  }

  /**
   * Fills `columns` with the exact counts of the range divided into `pixelColumns`, `together` of them in each element.
   * What is not read yet counts as nothing.
   */
  read(range: TimeRange, pixelColumns: number, together: number, columns: LaneColumns): void {
    const groupCount = columns.registered.length;
    const columnCount = columns.registered[0]?.length ?? 0;
    const edges = this.#stream.events.edges(range, pixelColumns);
    const end = this.#cursor.position;
    let position = Math.min(end, edges[0] ?? 0);
    this.#countsBefore(position, this.#low);
    for (let column = 0; column < columnCount; column++) {
      const next = Math.min(end, edges[Math.min(pixelColumns, (column + 1) * together)] ?? 0);
      if (next === position) {
        for (let group = 0; group < groupCount; group++) {
          columns.registered[group]![column] = 0;
          columns.called[group]![column] = 0;
        }
        continue;
      }
      this.#countsBefore(next, this.#high);
      for (let group = 0; group < groupCount; group++) {
        columns.registered[group]![column] = (this.#high[2 * group] ?? 0) - (this.#low[2 * group] ?? 0);
        columns.called[group]![column] = (this.#high[2 * group + 1] ?? 0) - (this.#low[2 * group + 1] ?? 0);
      }
      this.#low.set(this.#high);
      position = next;
    }
  }
}
