// Bytes as the command line tells them; called by the summaries of a run.

const UNITS = [
  { unit: 'GB', bytes: 1e9, digits: 2 },
  { unit: 'MB', bytes: 1e6, digits: 1 },
  { unit: 'kB', bytes: 1e3, digits: 1 },
] as const;

/** Decimal units, in the largest that does not make a zero of it: `512 B`, `2.5 kB`, `5.7 MB`. Not known: a dash. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return '–';
  for (const { unit, bytes: size, digits } of UNITS) {
    const value = (bytes / size).toFixed(digits);
    // As it is rounded: 999,990 bytes are a megabyte.
    if (Number(value) >= 1) return `${value} ${unit}`;
  }
  return `${bytes} B`;
}
