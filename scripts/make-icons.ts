// Draws the application's icons for all systems from resources/icon.svg into resources/icons/. Run by hand
// (`npm run make-icons`) after a change to the drawing; the icons are kept in the repository, so nobody else needs to.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { launchBrowser } from '../tests/e2e/browser.ts';
import { createIcns, createIco, ICNS_TYPES, ICO_SIZES, type Picture } from './packaging/icon-containers.ts';

const resources = resolve(import.meta.dirname, '../resources');
/** Linux takes them from a folder, by their names. */
const PNG_SIZES = [16, 24, 32, 48, 64, 128, 256, 512, 1024];
/** Of the width, on each side: icons of macOS stand in a grid in which a tile has 824 of 1024 pixels. */
const MAC_MARGIN = 100 / 1024;

const drawing = `data:image/svg+xml;base64,${(await readFile(join(resources, 'icon.svg'))).toString('base64')}`;
const browser = await launchBrowser();
try {
  const page = await browser.newPage();
  const draw = async (sizePixels: number, margin: number): Promise<Picture> => {
    const marginPixels = Math.round(sizePixels * margin);
    await page.setViewportSize({ width: sizePixels, height: sizePixels });
    const side = sizePixels - 2 * marginPixels;
    await page.setContent(
      `<body style="margin:${marginPixels}px"><img alt="" src="${drawing}" style="display:block;width:${side}px;height:${side}px">`,
    );
    await page.evaluate(() => document.querySelector('img')?.decode());
    return { sizePixels, png: await page.screenshot({ omitBackground: true }) };
  };
  const drawAll = async (sizes: Iterable<number>, margin: number) => {
    const pictures: Picture[] = [];
    for (const size of new Set(sizes)) pictures.push(await draw(size, margin));
    return pictures;
  };
  const icons = join(resources, 'icons');
  await rm(icons, { recursive: true, force: true });
  await mkdir(join(icons, 'png'), { recursive: true });
  const plain = await drawAll([...PNG_SIZES, ...ICO_SIZES], 0);
  const written: [name: string, content: Uint8Array][] = [
    ...PNG_SIZES.map((size): [string, Uint8Array] => [
      `png/${size}x${size}.png`,
      plain.find(({ sizePixels }) => sizePixels === size)!.png,
    ]),
    ['icon.ico', createIco(plain)],
    ['icon.icns', createIcns(await drawAll(ICNS_TYPES.values(), MAC_MARGIN))],
  ];
  for (const [name, content] of written) {
    await writeFile(join(icons, name), content);
    console.log(`${name.padEnd(18)} ${(content.length / 1024).toFixed(1).padStart(6)} KiB`);
  }
} finally {
  await browser.close();
}
