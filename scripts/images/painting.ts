// Colour, noise and coverage for the procedural sample pictures. Everything is deterministic: the same call gives the
// same picture on every machine. Used by scripts/make-images.ts alone.

/** Red, green and blue, each from 0 to 1, in sRGB. */
export type Color = readonly [red: number, green: number, blue: number];

/**
 * The color at a point. `u` runs from 0 to the aspect ratio (left to right), `v` from 0 to 1 (top to bottom), so that a
 * unit is as long in both directions. `pixel` is the size of one pixel in these units.
 */
export type Shade = (u: number, v: number, pixel: number) => Color;

export const clamp = (value: number, low = 0, high = 1): number => Math.min(high, Math.max(low, value));

/** 0 below `from`, 1 above `to`, smooth between. */
export function smoothStep(from: number, to: number, value: number): number {
  const t = clamp((value - from) / (to - from));
  return t * t * (3 - 2 * t);
}

/** `#rrggbb` as a color. */
export function hex(text: string): Color {
  const value = Number.parseInt(text.slice(1), 16);
  return [((value >> 16) & 255) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

export function mix(from: Color, to: Color, amount: number): Color {
  const t = clamp(amount);
  return [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t, from[2] + (to[2] - from[2]) * t];
}

/** `color` with light added, as a glow does. */
export function addLight(color: Color, light: Color, amount: number): Color {
  return [color[0] + light[0] * amount, color[1] + light[1] * amount, color[2] + light[2] * amount];
}

/** A gradient through `stops`: pairs of position and color, positions ascending. */
export function gradient(stops: readonly (readonly [position: number, color: Color])[]): (position: number) => Color {
  return (position) => {
    let [lowPosition, lowColor] = stops[0] ?? [0, hex('#000000')];
    for (const [highPosition, highColor] of stops) {
      if (position <= highPosition) {
        return mix(lowColor, highColor, smoothStep(lowPosition, highPosition + 1e-9, position));
      }
      [lowPosition, lowColor] = [highPosition, highColor];
    }
    return lowColor;
  };
}

/** A number from 0 to 1 that looks random but depends on its arguments alone. */
export function hash(x: number, y: number, seed: number): number {
  let h = Math.imul(x | 0, 0x27d4eb2d) ^ Math.imul(y | 0, 0x165667b1) ^ Math.imul(seed | 0, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 0xffffffff;
}

/** Smooth noise from 0 to 1 with features of about unit size. */
export function noise(x: number, y: number, seed: number): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const s = smoothStep(0, 1, x - column);
  const t = smoothStep(0, 1, y - row);
  const top = hash(column, row, seed) * (1 - s) + hash(column + 1, row, seed) * s;
  const bottom = hash(column, row + 1, seed) * (1 - s) + hash(column + 1, row + 1, seed) * s;
  return top * (1 - t) + bottom * t;
}

/** Several octaves of noise, from 0 to 1: each has twice the detail and half the weight of the one before. */
export function fractalNoise(x: number, y: number, seed: number, octaves: number): number {
  let sum = 0;
  let weight = 0.5;
  let total = 0;
  for (let octave = 0; octave < octaves; octave++) {
    sum += weight * noise(x * 2 ** octave, y * 2 ** octave, seed + octave * 101);
    total += weight;
    weight /= 2;
  }
  return sum / total;
}

/** Like fractalNoise, with sharp crests, as mountains have. */
export function ridgedNoise(x: number, y: number, seed: number, octaves: number): number {
  let sum = 0;
  let weight = 0.5;
  let total = 0;
  for (let octave = 0; octave < octaves; octave++) {
    sum += weight * (1 - Math.abs(2 * noise(x * 2 ** octave, y * 2 ** octave, seed + octave * 101) - 1));
    total += weight;
    weight /= 2;
  }
  return sum / total;
}

/** How much of a pixel lies `depth` inside an edge: 0 outside, 1 inside, between on the edge itself. */
export const cover = (depth: number, pixel: number): number => clamp(depth / pixel + 0.5);

/** How much of a pixel lies inside a disc. */
export const disc = (u: number, v: number, centerU: number, centerV: number, radius: number, pixel: number): number =>
  cover(radius - Math.hypot(u - centerU, v - centerV), pixel);

/** Light that falls off around a point: 1 in the center, 1/e at `radius`. */
export const glow = (u: number, v: number, centerU: number, centerV: number, radius: number): number =>
  Math.exp(-((u - centerU) ** 2 + (v - centerV) ** 2) / (radius * radius));

// A 4 × 4 threshold matrix: dithering by it hides the bands of a gradient, and repeats, so that it compresses well.
const THRESHOLDS = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5].map((rank) => (rank + 0.5) / 16);
/** Steps between black and full light. Fewer than 256, for the size of the files; dithering hides it. */
const LEVELS = 84;

/** Draws a picture: RGB bytes, row by row. */
export function paint(width: number, height: number, shade: Shade): Uint8Array {
  const bytes = new Uint8Array(width * height * 3);
  const pixel = 1 / height;
  let offset = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const threshold = THRESHOLDS[(y & 3) * 4 + (x & 3)] ?? 0.5;
      for (const channel of shade((x + 0.5) * pixel, (y + 0.5) * pixel, pixel)) {
        bytes[offset++] = Math.round(
          (clamp(Math.floor(clamp(channel) * LEVELS + threshold), 0, LEVELS) * 255) / LEVELS,
        );
      }
    }
  }
  return bytes;
}
