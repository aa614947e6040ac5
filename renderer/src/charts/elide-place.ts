// Shortens `folder/file-name.ts:12:3` to the room there is. Pure; used by the timeline's gutter and the table.

/**
 * Leaves out folders from the left, then the column, then the middle: `…/cart/index.ts:115:3`, `…/index.ts:115:3`,
 * `index.ts:115`, `ind…:115 #2`. The line and a number after it are kept.
 * @param fits Whether a text has room.
 */
export function elidePlace(place: string, fits: (text: string) => boolean): string {
  if (fits(place)) return place;
  const [, path = '', lineNumber = '', column = '', number = ''] = /^(.*?)(:\d+)?(:\d+)?( #\d+)?$/s.exec(place) ?? [];
  const folders = path.split('/');
  for (let left = 1; left < folders.length; left++) {
    const shortened = `…/${folders.slice(left).join('/')}${lineNumber}${column}${number}`;
    if (fits(shortened)) return shortened;
  }
  const name = folders.at(-1) ?? '';
  for (const end of [`${lineNumber}${column}${number}`, `${lineNumber}${number}`]) {
    if (fits(`${name}${end}`)) return `${name}${end}`;
  }
  const line = `${lineNumber}${number}`;
  for (let kept = name.length - 1; kept > 0; kept--) {
    const shortened = `${name.slice(0, kept).replace(/[.\-_]$/, '')}…${line}`;
    if (fits(shortened)) return shortened;
  }
  return `…${line}`;
}
