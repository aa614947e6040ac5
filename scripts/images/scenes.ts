// The sample pictures of the image scenario: landscapes, each a color for every point. Used by scripts/make-images.ts.

import {
  addLight,
  clamp,
  cover,
  disc,
  fractalNoise,
  glow,
  gradient,
  hash,
  hex,
  mix,
  noise,
  ridgedNoise,
  smoothStep,
  type Color,
  type Shade,
} from './painting.ts';

export interface Scene {
  readonly fileName: string;
  readonly width: number;
  readonly height: number;
  readonly shade: Shade;
}

const WHITE = hex('#ffffff');

/** Sand ridges in evening light: each crest is lit on one side and shaded on the other. */
function dunes(): Shade {
  const sky = gradient([
    [0, hex('#2f4f86')],
    [0.3, hex('#e08e79')],
    [0.5, hex('#fbd9a0')],
  ]);
  const ridges = [0, 1, 2, 3, 4].map((layer) => ({
    base: 0.43 + layer * 0.115,
    height: 0.05 + layer * 0.028,
    frequency: 2.1 - layer * 0.28,
    lit: mix(hex('#f3bd85'), hex('#e2893f'), layer / 4),
    shaded: mix(hex('#c98b72'), hex('#6b2d2a'), layer / 4),
    seed: 11 + layer * 7,
  }));
  return (u, v, pixel) => {
    let color = addLight(sky(v), hex('#ffd9a0'), 0.5 * glow(u, v, 0.92, 0.36, 0.24));
    color = mix(color, hex('#fff3d6'), disc(u, v, 0.92, 0.36, 0.052, pixel));
    for (const { base, height, frequency, lit, shaded, seed } of ridges) {
      const crest = (at: number) => base - height * (1.9 * ridgedNoise(at * frequency, 0.5, seed, 2) - 1.1);
      const depth = v - crest(u);
      if (depth < -pixel) continue;
      // The crest line wanders away from the ridge as it comes toward the viewer.
      const bend = 0.11 * (noise(u * frequency * 1.3 + depth * 3, depth * 5, seed + 3) - 0.5);
      const slope = (crest(u + bend + 0.012) - crest(u + bend - 0.012)) / 0.024;
      const light = smoothStep(-0.28, 0.3, slope + 0.5 * depth);
      const ripple =
        0.035 * Math.sin((depth * 150 + u * 26 + 5 * noise(u * 6, v * 9, seed)) * 2) * smoothStep(0, 0.09, depth);
      const surface = mix(shaded, lit, light + ripple);
      color = mix(color, mix(surface, hex('#f6cfa0'), 0.28 * Math.exp(-depth * 30)), cover(depth, pixel));
    }
    return color;
  };
}

/** Sailing boats at their moorings; the water repeats the sky with a ripple. */
function harbor(): Shade {
  const horizon = 0.56;
  const sky = gradient([
    [0, hex('#1d3461')],
    [0.3, hex('#6d6fa8')],
    [0.46, hex('#f09c7e')],
    [0.56, hex('#ffd79a')],
  ]);
  const boats = Array.from({ length: 11 }, (_, index) => {
    const near = hash(index, 1, 31);
    return {
      center: 0.06 + index * 0.14 + 0.05 * hash(index, 2, 31),
      waterline: horizon + 0.015 + 0.1 * near,
      length: 0.06 + 0.07 * near,
      mast: 0.15 + 0.2 * near,
      hull: mix(
        hex('#20283f'),
        hash(index, 3, 31) > 0.6 ? hex('#8f2f33') : hex('#e9dfd0'),
        0.25 + 0.6 * hash(index, 4, 31),
      ),
    };
  }).sort((a, b) => a.waterline - b.waterline);
  const above = (u: number, v: number, pixel: number): Color => {
    let color = addLight(sky(v), hex('#ffb27a'), 0.35 * glow(u, v, 1.05, horizon, 0.3));
    const streak = smoothStep(0.55, 0.8, fractalNoise(u * 1.6, v * 11, 5, 4)) * smoothStep(0.5, 0.2, v);
    color = mix(color, hex('#f7b6a0'), 0.55 * streak);
    color = mix(color, hex('#57557f'), cover(v - (0.5 - 0.09 * fractalNoise(u * 2.2, 0, 40, 4)), pixel));
    color = mix(
      color,
      hex('#34365c'),
      cover(v - (0.545 - 0.1 * smoothStep(0.7, 0, u) * fractalNoise(u * 5, 0, 44, 4)), pixel),
    );
    return color;
  };
  const boatAt = (color: Color, u: number, v: number, pixel: number): Color => {
    for (const { center, waterline, length, mast, hull } of boats) {
      const across = (u - center) / length;
      const up = waterline - v;
      if (Math.abs(across) > 0.75 || up < -pixel || up > mast + 0.02) continue;
      const deck = 0.018 + 0.012 * across * across;
      const half = 0.5 + 0.12 * clamp(up / 0.02);
      if (up < deck) {
        color = mix(color, up > deck - 0.004 ? WHITE : hull, cover((half - Math.abs(across)) * length, pixel));
      } else if (up < mast) {
        const sail = 0.36 * (1 - (up - 0.03) / (mast * 0.86));
        color = mix(
          color,
          hex('#fbeedd'),
          0.92 * cover(Math.min(across + 0.01, sail - across) * length, pixel) * cover(up - 0.032, pixel),
        );
        color = mix(color, hex('#231f2e'), cover(0.0016 - Math.abs(u - center), pixel));
      }
    }
    return color;
  };
  return (u, v, pixel) => {
    if (v <= horizon) return boatAt(above(u, v, pixel), u, v, pixel);
    const distance = (v - horizon) / (1 - horizon);
    const wave = noise(u * 9, 260 * Math.sqrt(distance + 0.01), 77) - 0.5;
    const mirrored = horizon - (v - horizon) * 0.92 + wave * 0.05 * (0.25 + distance);
    const reflection = boatAt(above(u + wave * 0.02, mirrored, pixel), u + wave * 0.012, mirrored, pixel);
    const water = mix(
      mix(reflection, hex('#22406b'), 0.22 + 0.4 * distance),
      hex('#ffd9a8'),
      0.16 * smoothStep(0.24, 0.42, wave),
    );
    return boatAt(water, u, v, pixel);
  };
}

/** A row of conifers: how far above (negative) or inside (positive) the row the point is. */
function conifers(u: number, v: number, foot: number, spacing: number, height: number, seed: number): number {
  let depth = v - foot - 0.02 * noise(u * 4, 0, seed + 9);
  const around = Math.floor(u / spacing);
  for (let tree = around - 2; tree <= around + 2; tree++) {
    const center = (tree + 0.15 + 0.7 * hash(tree, 0, seed)) * spacing;
    const tall = height * (0.5 + 0.75 * hash(tree, 1, seed));
    const down = (v - (foot - tall)) / tall;
    if (down < 0 || down > 1.1) continue;
    const branch = 1 - 0.55 * ((down * 11 + hash(tree, 2, seed)) % 1);
    depth = Math.max(depth, tall * (0.012 + 0.2 * down * (1.25 - branch * 0.55)) - Math.abs(u - center));
  }
  return depth;
}

/** Rows of conifers that fade into morning mist. */
function forest(): Shade {
  const sky = gradient([
    [0, hex('#a9c8c6')],
    [0.35, hex('#e3ecd9')],
    [0.7, hex('#f7efd6')],
  ]);
  const rows = [0, 1, 2, 3, 4, 5].map((row) => ({
    foot: 0.4 + row * 0.115,
    spacing: 0.022 + row * 0.017,
    height: 0.11 + row * 0.068,
    color: mix(hex('#b5ccc2'), hex('#0d2b2a'), (row / 5) ** 0.8),
    seed: 200 + row * 13,
  }));
  return (u, v, pixel) => {
    let color = addLight(sky(v), hex('#fff1c4'), 0.14 * glow(u, v, 0.56, 0.2, 0.2));
    for (const { foot, spacing, height, color: rowColor, seed } of rows) {
      const depth = conifers(u, v, foot - 0.05 * noise(u * 3, 1, seed), spacing, height, seed);
      if (depth < -pixel) continue;
      const mist = smoothStep(foot - height * 0.55, foot + 0.08, v) * 0.62;
      color = mix(color, mix(rowColor, hex('#dfe9dc'), mist), cover(depth, pixel));
    }
    return color;
  };
}

/** A bay from above: deep water, shallows, foam, sand, and grass on the cliffs. */
function coast(): Shade {
  const depths = gradient([
    [-0.42, hex('#0b3c6f')],
    [-0.2, hex('#11699a')],
    [-0.08, hex('#23a3b4')],
    [-0.012, hex('#8fdcd0')],
  ]);
  const land = gradient([
    [0, hex('#d9b98a')],
    [0.045, hex('#f0dcae')],
    [0.085, hex('#e6cf9b')],
    [0.12, hex('#8ea65a')],
    [0.4, hex('#46703f')],
  ]);
  return (u, v) => {
    const inland = u * 0.62 + v * 0.38 - 0.86 + 0.42 * (fractalNoise(u * 1.7, v * 1.7, 301, 5) - 0.5);
    if (inland > 0) {
      const scrub = inland > 0.1 ? smoothStep(0.56, 0.7, fractalNoise(u * 34, v * 34, 333, 3)) : 0;
      const relief = fractalNoise(u * 8 + 0.02, v * 8, 345, 4) - fractalNoise(u * 8, v * 8 + 0.09, 345, 4);
      const color = mix(land(inland), hex('#27502f'), 0.75 * scrub);
      return addLight(color, WHITE, inland > 0.09 ? relief * 0.9 : relief * 0.25);
    }
    let color = depths(inland + 0.03 * (noise(u * 12, v * 12, 312) - 0.5));
    for (const line of [0.006, 0.03, 0.062]) {
      const along = fractalNoise(u * 9, v * 9, 320 + line * 1000, 4);
      const width = 0.0006 + 0.006 * smoothStep(0.36, 0.7, along) * (1.1 - line * 9);
      color = mix(
        color,
        hex('#f7fffb'),
        0.9 * smoothStep(width, width * 0.2, Math.abs(inland + line + 0.02 * (along - 0.5))),
      );
    }
    const swell = Math.sin((u * 0.5 + v * 0.9) * 190 + 7 * noise(u * 5, v * 5, 350));
    return addLight(color, WHITE, 0.018 * swell);
  };
}

/** The Milky Way above a dark ridge. */
function nightSky(): Shade {
  const sky = gradient([
    [0, hex('#070b1f')],
    [0.6, hex('#14234d')],
    [0.9, hex('#3b4a78')],
  ]);
  return (u, v, pixel) => {
    const across = (u - 0.25) * 0.62 - (1 - v) * 0.72 + 0.16;
    const band = Math.exp(-((across / 0.17) ** 2));
    const dust = fractalNoise(u * 4.2, v * 4.2, 402, 5);
    let color = addLight(sky(v), hex('#8c86c9'), 0.5 * band * smoothStep(0.28, 0.85, dust));
    color = addLight(color, hex('#e6b7a6'), 0.34 * Math.exp(-((across / 0.07) ** 2)) * smoothStep(0.45, 0.85, dust));
    for (const [cells, share, size] of [
      [60, 0.16, 0.0011],
      [26, 0.12, 0.0019],
      [9, 0.14, 0.0028],
    ] as const) {
      const column = Math.floor(u * cells);
      const row = Math.floor(v * cells);
      if (hash(column, row, 410 + cells) > share * (0.65 + 1.5 * band)) continue;
      const starU = (column + 0.15 + 0.7 * hash(column, row, 411)) / cells;
      const starV = (row + 0.15 + 0.7 * hash(column, row, 412)) / cells;
      const tint = mix(hex('#bcd2ff'), hex('#ffe2bd'), hash(column, row, 413));
      const light = Math.exp(-((Math.hypot(u - starU, v - starV) / size) ** 2));
      color = addLight(color, tint, light * (0.45 + 0.55 * hash(column, row, 414)));
    }
    const ridge = 0.9 - 0.2 * fractalNoise(u * 2.4, 0, 430, 6) - 0.05 * u;
    const trees = conifers(u, v, 0.985, 0.024, 0.1, 440);
    color = mix(color, hex('#0a1024'), cover(v - ridge, pixel));
    return mix(color, hex('#04060f'), cover(trees, pixel));
  };
}

/** Blocks of houses at dusk, some windows lit. */
function city(): Shade {
  const sky = gradient([
    [0, hex('#1b1f4b')],
    [0.4, hex('#75417d')],
    [0.72, hex('#f07f6a')],
    [0.95, hex('#ffc98b')],
  ]);
  const rows = [0, 1, 2].map((row) => ({
    width: 0.062 + row * 0.03,
    top: 0.4 + row * 0.1,
    spread: 0.34 - row * 0.03,
    wall: mix(hex('#7d5480'), hex('#141527'), row / 2),
    window: 0.0095 + row * 0.0045,
    lit: 0.22 + row * 0.1,
    seed: 500 + row * 17,
  }));
  return (u, v, pixel) => {
    let color = addLight(sky(v), hex('#ffb27a'), 0.3 * glow(u, v, 0.9, 0.72, 0.3));
    color = mix(color, hex('#ffe3b8'), disc(u, v, 0.9, 0.62, 0.075, pixel));
    for (const { width, top, spread, wall, window, lit, seed } of rows) {
      const house = Math.floor(u / width);
      const from = (house + 0.1 * hash(house, 1, seed)) * width;
      const to = (house + 1 - 0.16 * hash(house, 2, seed)) * width;
      const roof = top + spread * (1 - hash(house, 3, seed) ** 1.3) * 0.95;
      const antenna = hash(house, 5, seed) > 0.6 && Math.abs(u - (from + to) / 2) < pixel * 1.1 && v > roof - 0.045;
      if (antenna) color = wall;
      if (v < roof || u < from || u > to) continue;
      color = mix(wall, addLight(wall, WHITE, 0.09), (u - from) / (to - from));
      const column = Math.floor((u - from) / window);
      const floor = Math.floor((v - roof) / (window * 1.35));
      const acrossWindow = ((u - from) / window) % 1;
      const downWindow = ((v - roof) / (window * 1.35)) % 1;
      const isWindow =
        floor > 0 && column > 0 && (column + 1) * window < to - from && acrossWindow > 0.3 && acrossWindow < 0.85;
      if (!isWindow || downWindow < 0.3 || downWindow > 0.8) continue;
      const bright = hash(column + house * 31, floor, seed + 6) < lit;
      color = bright
        ? mix(hex('#ffd27d'), hex('#ff9f5a'), hash(column, floor, seed + 7))
        : mix(color, hex('#2b3158'), 0.4);
    }
    return color;
  };
}

/** Snow peaks behind blue foothills. */
function mountains(): Shade {
  const sky = gradient([
    [0, hex('#2f6fb3')],
    [0.45, hex('#a9d3ee')],
    [0.7, hex('#f4f2e4')],
  ]);
  const foothills = [0, 1, 2, 3].map((layer) => ({
    base: 0.66 + layer * 0.088,
    height: 0.16 - layer * 0.016,
    color: mix(hex('#7fa3bd'), hex('#173a35'), layer / 3),
    seed: 620 + layer * 9,
  }));
  return (u, v, pixel) => {
    const cloud = smoothStep(0.52, 0.78, fractalNoise(u * 2.1, v * 5.5, 601, 5)) * smoothStep(0.55, 0.15, v);
    let color = mix(sky(v), WHITE, 0.85 * cloud);
    const summit = 0.66 - 0.52 * ridgedNoise(u * 1.15 + 0.2, 0.3, 610, 6);
    const depth = v - summit;
    if (depth > -pixel) {
      const relief =
        ridgedNoise(u * 5 + v * 2.4, v * 3.2, 613, 5) - ridgedNoise((u + 0.012) * 5 + v * 2.4, v * 3.2, 613, 5);
      const rock = mix(hex('#4d5b77'), hex('#a39a9d'), 0.5 + relief * 3.4);
      const snowLine = 0.36 + 0.17 * fractalNoise(u * 9, v * 9, 617, 4);
      const snow = mix(hex('#a8bfe0'), hex('#fffdf8'), 0.62 + relief * 4);
      const face = mix(rock, snow, smoothStep(0.035, -0.02, v - snowLine));
      color = mix(color, mix(face, hex('#c3dcec'), smoothStep(0.42, 0.78, v) * 0.75), cover(depth, pixel));
    }
    for (const { base, height, color: hill, seed } of foothills) {
      const hillDepth = v - (base - height * (fractalNoise(u * 2.3, 0, seed, 5) - 0.35));
      const haze = mix(hill, hex('#cfe1e6'), 0.4 * smoothStep(0, 0.16, hillDepth));
      color = mix(color, haze, cover(hillDepth, pixel));
    }
    return mix(color, hex('#0b211f'), cover(conifers(u, v, 1.03, 0.04, 0.15, 660), pixel));
  };
}

/** Rolling farmland: furrows run to the horizon, each field in its own color. */
function fields(): Shade {
  const sky = gradient([
    [0, hex('#4f9bd8')],
    [0.42, hex('#d8eef6')],
  ]);
  const crops = ['#e7c552', '#8fb14a', '#c9a04a', '#5f9148', '#d9d06a', '#a9743f'].map(hex);
  return (u, v, pixel) => {
    const horizon = 0.44 - 0.06 * fractalNoise(u * 1.8, 0, 700, 3);
    const puff = smoothStep(0.5, 0.72, fractalNoise(u * 2.6, v * 5, 705, 5));
    let color = mix(sky(v), WHITE, 0.9 * puff * smoothStep(0.45, 0.1, v));
    color = mix(color, hex('#7f9fa0'), cover(v - (horizon - 0.045 * fractalNoise(u * 4, 3, 709, 4)), pixel));
    if (v < horizon) return color;
    const distance = 0.12 / (v - horizon + 0.035);
    const groundU = (u - 0.66) * distance * 2.2 + 0.5 * noise(distance * 1.3, 1, 712);
    const groundV = distance * 2.6 + 0.3 * noise(groundU, 2, 713);
    const column = Math.floor(groundU / 0.9);
    const row = Math.floor(groundV / 1.15 + hash(column, 0, 715));
    const crop = crops[Math.floor(hash(column, row, 716) * crops.length)] ?? WHITE;
    const along = hash(column, row, 717) > 0.5 ? groundU * 34 : groundV * 30;
    const furrow = 0.085 * Math.sin(along * 2) * smoothStep(1.5, 0.4, distance);
    const edge = Math.min(
      Math.abs((((groundU / 0.9) % 1) + 1) % 1),
      Math.abs((groundV / 1.15 + hash(column, 0, 715)) % 1),
    );
    color = addLight(crop, WHITE, furrow + 0.05 * (fractalNoise(groundU * 6, groundV * 6, 719, 3) - 0.5));
    color = mix(color, hex('#3f6a3a'), 0.8 * smoothStep(0.045, 0.02, edge));
    return mix(color, hex('#b9cfc4'), 0.55 * smoothStep(0.8, 3.2, distance));
  };
}

/** A mountain lake before sunrise, the moon still up. */
function lake(): Shade {
  const shore = 0.55;
  const sky = gradient([
    [0, hex('#24406e')],
    [0.3, hex('#7a8fc0')],
    [0.55, hex('#f4c9b8')],
  ]);
  const above = (u: number, v: number, pixel: number): Color => {
    let color = mix(sky(v), hex('#fdf6e3'), disc(u, v, 0.98, 0.17, 0.048, pixel));
    color = addLight(color, hex('#c8d4ff'), 0.2 * glow(u, v, 0.98, 0.17, 0.12));
    color = mix(color, hex('#6a7aa5'), cover(v - (0.56 - 0.36 * ridgedNoise(u * 1.3, 0.9, 805, 5)), pixel));
    color = mix(color, hex('#40507c'), cover(v - (0.575 - 0.2 * fractalNoise(u * 2.6, 0.5, 811, 5)), pixel));
    return mix(color, hex('#1f2f4c'), cover(conifers(u, v, shore, 0.02, 0.085, 820), pixel));
  };
  return (u, v, pixel) => {
    if (v < shore) return above(u, v, pixel);
    const distance = (v - shore) / (1 - shore);
    const wave = noise(u * 5, 150 * Math.sqrt(distance + 0.004), 830) - 0.5;
    const mirrored = above(u, shore - (v - shore) + wave * 0.022 * (0.2 + distance), pixel);
    const water = mix(mirrored, hex('#1d3358'), 0.18 + 0.35 * distance);
    return mix(water, hex('#f4d9cf'), 0.3 * Math.exp(-distance * 40));
  };
}

/** Northern lights over a frozen plain. */
function aurora(): Shade {
  const sky = gradient([
    [0, hex('#05091d')],
    [0.75, hex('#123049')],
  ]);
  const curtains = [0, 1, 2].map((curtain) => ({
    base: 0.62 - curtain * 0.12,
    reach: 0.34 + curtain * 0.07,
    bottom: [hex('#5dffb0'), hex('#3fe0c0'), hex('#6aa8ff')][curtain] ?? WHITE,
    top: [hex('#7a4fd0'), hex('#b04fc0'), hex('#d05fa0')][curtain] ?? WHITE,
    seed: 900 + curtain * 21,
  }));
  return (u, v, pixel) => {
    let color = sky(v);
    const [starColumn, starRow] = [Math.floor(u * 46), Math.floor(v * 46)];
    if (hash(starColumn, starRow, 940) < 0.14) {
      const away = Math.hypot(
        u - (starColumn + 0.2 + 0.6 * hash(starColumn, starRow, 941)) / 46,
        v - (starRow + 0.2 + 0.6 * hash(starColumn, starRow, 942)) / 46,
      );
      color = addLight(color, hex('#dfe8ff'), 0.8 * Math.exp(-((away / 0.0016) ** 2)));
    }
    for (const { base, reach, bottom, top, seed } of curtains) {
      const sway = base + 0.16 * (noise(u * 1.5, 0, seed) - 0.5) + 0.05 * (noise(u * 5, 0, seed + 1) - 0.5);
      const up = sway - v;
      const rays = 0.35 + 0.9 * noise(u * 26 + 3 * noise(u * 4, v * 1.5, seed + 2), v * 0.8, seed + 3);
      const light =
        smoothStep(-0.03, 0.02, up) * Math.exp(-up / (reach * 0.42)) * rays * (0.3 + 0.7 * noise(u * 2.2, 7, seed));
      if (light > 0.002) color = addLight(color, mix(bottom, top, up / reach), 0.75 * light);
    }
    color = mix(color, hex('#0c1830'), cover(v - (0.79 - 0.17 * ridgedNoise(u * 1.7, 0.4, 960, 5)), pixel));
    if (v > 0.79) {
      const ice = 0.5 + 0.5 * noise(u * 4, (v - 0.79) * 60, 970);
      color = mix(
        mix(hex('#1d5a66'), hex('#12283f'), (v - 0.79) / 0.21),
        hex('#63e0b4'),
        0.22 * ice * smoothStep(1, 0.8, v),
      );
    }
    return mix(color, hex('#050b18'), cover(conifers(u, v, 1.01, 0.05, 0.14, 980), pixel));
  };
}

export const SCENES: readonly Scene[] = [
  { fileName: 'dunes.png', width: 2000, height: 1500, shade: dunes() },
  { fileName: 'harbor.png', width: 1600, height: 1068, shade: harbor() },
  { fileName: 'forest.png', width: 1000, height: 1250, shade: forest() },
  { fileName: 'coast.png', width: 1600, height: 900, shade: coast() },
  { fileName: 'night-sky.png', width: 1280, height: 960, shade: nightSky() },
  { fileName: 'city.png', width: 1024, height: 768, shade: city() },
  { fileName: 'mountains.png', width: 1800, height: 1200, shade: mountains() },
  { fileName: 'fields.png', width: 800, height: 600, shade: fields() },
  { fileName: 'lake.png', width: 640, height: 480, shade: lake() },
  { fileName: 'aurora.png', width: 1440, height: 900, shade: aurora() },
];
