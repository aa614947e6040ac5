// Shortens `file-name.ts:12` to the room there is, by its middle. Pure; used by the timeline's gutter and the table.

/**
 * What tells two places of one file apart is kept, the line and a number after it, and the beginning of the name:
 * `image-pipe…:115`, `image-pipe…:115 #2`.
 * @param fits Whether a text has room.
 */
export function elidePlace(place: string, fits: (text: string) => boolean): string {
  if (fits(place)) return place;
  const line = /:\d+(?: #\d+)?$/.exec(place)?.[0] ?? '';
  const name = place.slice(0, place.length - line.length);
  for (let kept = name.length - 1; kept > 0; kept--) {
    const shortened = `${name.slice(0, kept).replace(/[.\-_]$/, '')}…${line}`;
    if (fits(shortened)) return shortened;
  }
  return `…${line}`;
}
