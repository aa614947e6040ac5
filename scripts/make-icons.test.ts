import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { createIcns, createIco, type Picture } from './packaging/icon-containers.ts';

const icons = resolve(import.meta.dirname, '../resources/icons');
const read = (name: string) => readFileSync(join(icons, name));

/** What an icns says of itself, and what its pictures really are. */
function readIcns(bytes: Buffer) {
  expect(bytes.toString('latin1', 0, 4)).toBe('icns');
  expect(bytes.readUInt32BE(4)).toBe(bytes.length);
  const pictures: { type: string; width: number; height: number; png: Buffer }[] = [];
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at + 4)) {
    const png = bytes.subarray(at + 8, at + bytes.readUInt32BE(at + 4));
    const { width, height } = decode(png);
    pictures.push({ type: bytes.toString('latin1', at, at + 4), width, height, png });
  }
  return pictures;
}

function readIco(bytes: Buffer) {
  expect([bytes.readUInt16LE(0), bytes.readUInt16LE(2)]).toEqual([0, 1]);
  return Array.from({ length: bytes.readUInt16LE(4) }, (_, index) => {
    const at = 6 + index * 16;
    const from = bytes.readUInt32LE(at + 12);
    const { width, height } = decode(bytes.subarray(from, from + bytes.readUInt32LE(at + 8)));
    return { declared: bytes.readUInt8(at) || 256, bitsPerPixel: bytes.readUInt16LE(at + 6), width, height };
  });
}

/** Opaque ones of the picture's middle row: where the tile begins and how wide it is. */
function tileOf(png: Uint8Array) {
  const { data, width, height, channels } = decode(png);
  expect(channels).toBe(4);
  const row = Array.from({ length: width }, (_, x) => data[((height >> 1) * width + x) * 4 + 3] === 255);
  return { left: row.indexOf(true), width: row.filter(Boolean).length, hasRoundCorner: data[3]! < 128 };
}

describe('the icons in the repository', () => {
  it('are square pictures of the size in their name for Linux, from 16 to 1024 pixels', () => {
    const sizes = readdirSync(join(icons, 'png')).map((name) => {
      const { width, height } = decode(read(`png/${name}`));
      expect(name).toBe(`${width}x${height}.png`);
      return width;
    });
    expect(sizes.sort((a, b) => a - b)).toEqual([16, 24, 32, 48, 64, 128, 256, 512, 1024]);
  });

  it('hold for macOS every size, each once plain and once for a screen of double density', () => {
    expect(readIcns(read('icon.icns')).map(({ type, width, height }) => [type, width, height])).toEqual([
      ['ic11', 32, 32],
      ['ic12', 64, 64],
      ['ic07', 128, 128],
      ['ic13', 256, 256],
      ['ic08', 256, 256],
      ['ic14', 512, 512],
      ['ic09', 512, 512],
      ['ic10', 1024, 1024],
    ]);
  });

  it('hold for Windows every size that it shows, as pictures with transparency', () => {
    expect(readIco(read('icon.ico'))).toEqual(
      [16, 24, 32, 48, 64, 128, 256].map((size) => ({ declared: size, bitsPerPixel: 32, width: size, height: size })),
    );
  });

  it("leave the margin of macOS's grid there, none elsewhere, and have round corners everywhere", () => {
    const largest = readIcns(read('icon.icns')).find(({ type }) => type === 'ic10');
    expect(tileOf(largest!.png)).toEqual({ left: 100, width: 824, hasRoundCorner: true });
    for (const size of [16, 256]) {
      expect(tileOf(read(`png/${size}x${size}.png`))).toEqual({ left: 0, width: size, hasRoundCorner: true });
    }
  });

  it('are drawn anew for few pixels, rather than the large one made small', () => {
    // White of the curve and green of the lifeline, in the middle of a pixel and not smeared over two.
    const { data } = decode(read('png/16x16.png'));
    const pixels = Array.from({ length: 256 }, (_, index) => [...data.slice(index * 4, index * 4 + 3)].join());
    expect(pixels.filter((color) => color === '255,255,255').length).toBeGreaterThanOrEqual(5);
    expect(pixels.filter((color) => color === '110,231,197').length).toBeGreaterThanOrEqual(12);
  });
});

describe('the containers', () => {
  const picture = (sizePixels: number): Picture => ({ sizePixels, png: new Uint8Array([sizePixels & 255]) });

  it('are laid out as their readers expect, from the pictures of this repository', () => {
    const pictures = [16, 24, 32, 48, 64, 128, 256, 512, 1024].map((sizePixels) => ({
      sizePixels,
      png: read(`png/${sizePixels}x${sizePixels}.png`),
    }));
    expect(readIcns(createIcns(pictures)).map(({ width }) => width)).toEqual([32, 64, 128, 256, 256, 512, 512, 1024]);
    // The one in the repository is of the same pictures.
    expect(createIco(pictures).equals(read('icon.ico'))).toBe(true);
  });

  it('are not made with a size missing, which it names', () => {
    expect(() => createIcns([picture(32)])).toThrow('There is no picture of 64 pixels.');
    expect(() => createIco([16, 24, 32, 48, 64, 128].map(picture))).toThrow('There is no picture of 256 pixels.');
  });
});
