// Draws the sample pictures of the image scenario into resources/images/. Run by hand (`npm run make-images`) after a
// change to scripts/images/; the pictures are kept in the repository, so nobody else needs to.

import { mkdirSync, writeFileSync } from 'node:fs';
import { encode } from 'fast-png';
import { paint } from './images/painting.ts';
import { SCENES } from './images/scenes.ts';

const folder = new URL('../resources/images/', import.meta.url);
const only = process.argv.slice(2);

mkdirSync(folder, { recursive: true });
let totalBytes = 0;
for (const { fileName, width, height, shade } of SCENES) {
  if (only.length > 0 && !only.includes(fileName)) continue;
  const png = encode({ width, height, channels: 3, data: paint(width, height, shade) }, { zlib: { level: 9 } });
  writeFileSync(new URL(fileName, folder), png);
  totalBytes += png.length;
  console.log(`${fileName}  ${width} × ${height}  ${(png.length / 1024).toFixed(0)} KiB`);
}
console.log(`${(totalBytes / 1024 / 1024).toFixed(1)} MiB in all`);
