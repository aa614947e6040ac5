// The two files that hold an icon in several sizes: macOS's icns and Windows's ico, both here of PNG pictures.

export interface Picture {
  readonly sizePixels: number;
  readonly png: Uint8Array;
}

/** Type of an entry by the pixels of its picture. The second of a pair is the same size for a screen of double density. */
export const ICNS_TYPES: ReadonlyMap<string, number> = new Map([
  ['ic11', 32],
  ['ic12', 64],
  ['ic07', 128],
  ['ic13', 256],
  ['ic08', 256],
  ['ic14', 512],
  ['ic09', 512],
  ['ic10', 1024],
]);

const pictureOf = (pictures: readonly Picture[], size: number) => {
  const found = pictures.find(({ sizePixels }) => sizePixels === size);
  if (found === undefined) throw new Error(`There is no picture of ${size} pixels.`);
  return found;
};

/**
 * Magic number and length of the whole, then for each entry its type, its length with this head, and the picture; numbers
 * are big-endian.
 */
export function createIcns(pictures: readonly Picture[]): Buffer {
  const head = (name: string, length: number) => {
    const bytes = Buffer.alloc(8);
    bytes.write(name, 'latin1');
    bytes.writeUInt32BE(length, 4);
    return bytes;
  };
  const entries = [...ICNS_TYPES].flatMap(([type, size]) => {
    const { png } = pictureOf(pictures, size);
    return [head(type, 8 + png.length), png];
  });
  const length = entries.reduce((sum, part) => sum + part.length, 8);
  return Buffer.concat([head('icns', length), ...entries]);
}

export const ICO_SIZES: readonly number[] = [16, 24, 32, 48, 64, 128, 256];
const ICO_HEAD_BYTES = 6;
const ICO_ENTRY_BYTES = 16;

/** A head, a table that says where each picture lies, then the pictures; numbers are little-endian. */
export function createIco(pictures: readonly Picture[]): Buffer {
  const chosen = ICO_SIZES.map((size) => pictureOf(pictures, size));
  const table = Buffer.alloc(ICO_HEAD_BYTES + chosen.length * ICO_ENTRY_BYTES);
  table.writeUInt16LE(1, 2); // an icon, not a cursor
  table.writeUInt16LE(chosen.length, 4);
  let pictureAt = table.length;
  for (const [index, { sizePixels, png }] of chosen.entries()) {
    const at = ICO_HEAD_BYTES + index * ICO_ENTRY_BYTES;
    // One byte each; 256 is written as 0.
    table.writeUInt8(sizePixels % 256, at);
    table.writeUInt8(sizePixels % 256, at + 1);
    table.writeUInt16LE(1, at + 4); // planes
    table.writeUInt16LE(32, at + 6); // bits a pixel
    table.writeUInt32LE(png.length, at + 8);
    table.writeUInt32LE(pictureAt, at + 12);
    pictureAt += png.length;
  }
  return Buffer.concat([table, ...chosen.map(({ png }) => png)]);
}
