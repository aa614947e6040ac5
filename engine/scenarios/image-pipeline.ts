// Scenario 2: fetch pictures, decode them to large buffers, work on them, let them go.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decode, encode } from 'fast-png';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { endingByCollections } from './expectations.ts';
import { expectedCollections } from './expected-collections.ts';

export const scenario = defineScenario({
  id: 'image-pipeline',
  fileName: 'image-pipeline.ts',
  title: 'Image pipeline',
  category: 'In practice',
  stage: 'everyday',
  summary: 'Fetch real PNG files, decode them to ImageData, filter them, and watch their buffers come and go.',
  theory: `An image of 2,000 × 1,500 pixels is 12 MB when decoded, but its ImageData is a small object on the heap. The pixels lie in an ArrayBuffer outside. So an application that goes through pictures shows little in the used heap and much in external memory: look at both, or you will not see where the memory went.

The program registers every ImageData that it makes with the held value “Image: ” and its address. Once a picture is done with, the program drops it. The next major GC notices, the buffer is freed, and the callback reports it.

Set “Keep last” to see a cache that holds on to pictures: their callbacks do not come, and external memory stays up.`,
  references: [
    {
      title: 'MDN: FinalizationRegistry',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/FinalizationRegistry',
    },
    { title: 'MDN: ImageData', url: 'https://developer.mozilla.org/en-US/docs/Web/API/ImageData' },
    { title: 'Node.js: process.memoryUsage()', url: 'https://nodejs.org/api/process.html#processmemoryusage' },
  ],
  lookFor:
    'External memory rises by several megabytes with each picture and falls at a major GC, while used heap hardly moves. Callbacks follow the GC that freed their buffers.',
  prediction:
    'With forced major GCs or memory pressure: the callback of every picture that was let go runs, pictures that are kept stay alive, and external memory ends at least half a picture below its peak. Without memory pressure: used heap moves at most half as far as external memory, where that moves by 32 MB or more.',
  question: {
    text: 'What becomes of the pictures that the pipeline is done with?',
    about: ({ label }) => label?.startsWith('Image: ') === true,
    // External memory alone may bring a major GC, so without a policy it is only what is likely.
    expected: endingByCollections,
  },
  parameters: [
    {
      kind: 'integer',
      name: 'images',
      title: 'Images',
      help: 'How many pictures are fetched, one after the other. There are ten files; they are fetched in turn.',
      unit: '',
      default: 16,
      minimum: 1,
      maximum: 200,
    },
    {
      kind: 'choice',
      name: 'steps',
      title: 'Steps',
      help: 'What is done with each picture. Every step makes an ImageData of its own.',
      default: 'both',
      options: [
        { value: 'both', title: 'Grayscale, blur, thumbnail' },
        { value: 'grayscale', title: 'Grayscale, thumbnail' },
        { value: 'blur', title: 'Blur, thumbnail' },
        { value: 'none', title: 'Decode only' },
      ],
    },
    {
      kind: 'integer',
      name: 'keepLast',
      title: 'Keep last',
      help: 'How many of the latest decoded pictures the program holds on to.',
      unit: '',
      default: 0,
      minimum: 0,
      maximum: 50,
    },
    {
      kind: 'integer',
      name: 'scale',
      title: 'Scale',
      help: 'Width and height of the decoded pictures, in percent of the file’s.',
      unit: '%',
      default: 100,
      minimum: 10,
      maximum: 100,
    },
  ],
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_500, timeoutMs: 180_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The files in resources/images/, in the order in which they are fetched. */
export const PICTURES = [
  { path: '/dunes.png', width: 2000, height: 1500 },
  { path: '/harbor.png', width: 1600, height: 1068 },
  { path: '/forest.png', width: 1000, height: 1250 },
  { path: '/coast.png', width: 1600, height: 900 },
  { path: '/night-sky.png', width: 1280, height: 960 },
  { path: '/city.png', width: 1024, height: 768 },
  { path: '/mountains.png', width: 1800, height: 1200 },
  { path: '/fields.png', width: 800, height: 600 },
  { path: '/lake.png', width: 640, height: 480 },
  { path: '/aurora.png', width: 1440, height: 900 },
] as const;

/** What a canvas calls ImageData: four bytes a pixel, red, green, blue and opacity. */
interface ImageData {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

const registry = new FinalizationRegistry<string>((heldValue) => {
  console.log(`Clean up: ${heldValue}`);
});

/** Every ImageData is made here, so that none goes unregistered. */
function createImageData(label: string, width: number, height: number): ImageData {
  const imageData = { data: new Uint8ClampedArray(width * height * 4), width, height };
  registry.register(imageData, label);
  return imageData;
}

/** A cache, oldest first: what is in here outlives its turn in the loop. */
const kept: { label: string; imageData: ImageData }[] = [];

async function run(context: ScenarioContext) {
  const server = await servePictures();
  try {
    for (let index = 0; index < Number(context.parameters['images']); index++) {
      await processPicture(context, server.origin, index);
      // The next turn of the event loop: this picture is out of reach now, and callbacks can run.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    server.close();
  }
}

async function processPicture(context: ScenarioContext, origin: string, index: number) {
  const { parameters } = context;
  const imageUrl = urlOf(index);
  const response = await fetch(new URL(imageUrl, origin));
  if (!response.ok) throw new Error(`${imageUrl}: ${response.status} ${await response.text()}`);

  const label = `Image: ${imageUrl}`;
  const decoded = decodePng(await response.arrayBuffer(), label, Number(parameters['scale']) / 100);
  if (index < SHOWN_PICTURES) showPicture(context, imageUrl, 'decoded', decoded);

  let latest = decoded;
  for (const step of stepsOf(parameters['steps'])) {
    latest = STEPS[step](latest, `${label} (${step})`);
    if (index < SHOWN_PICTURES) showPicture(context, imageUrl, step, latest);
  }

  // From here on nothing refers to the results, and to the decoded picture only the cache, if there is one.
  for (const step of stepsOf(parameters['steps'])) context.release(`${label} (${step})`);
  kept.push({ label, imageData: decoded });
  while (kept.length > Number(parameters['keepLast'])) context.release(kept.shift()?.label ?? '');
}

/** The address of each picture is its own, so that each label is: the second time round it is `/dunes.png?round=2`. */
function urlOf(index: number): string {
  const round = Math.floor(index / PICTURES.length) + 1;
  return pictureAt(index).path + (round > 1 ? `?round=${round}` : '');
}

function pictureAt(index: number) {
  return PICTURES[index % PICTURES.length] ?? PICTURES[0];
}

// ── Working on pictures ─────────────────────────────────────────────────────────────────────────────────────────────

type Step = 'grayscale' | 'blur' | 'thumbnail';

function stepsOf(choice: unknown): readonly Step[] {
  if (choice === 'none') return [];
  if (choice === 'grayscale' || choice === 'blur') return [choice, 'thumbnail'];
  return ['grayscale', 'blur', 'thumbnail'];
}

const STEPS: Record<Step, (source: ImageData, label: string) => ImageData> = { grayscale, blur, thumbnail };

function decodePng(png: ArrayBuffer, label: string, scale: number): ImageData {
  const { width, height, data, channels, depth } = decode(png);
  if (depth !== 8 || channels < 3) throw new Error(`${label}: only RGB and RGBA with 8 bits are expected.`);
  const { width: scaledWidth, height: scaledHeight } = scaled({ width, height }, scale);
  const imageData = createImageData(label, scaledWidth, scaledHeight);
  for (let y = 0, to = 0; y < scaledHeight; y++) {
    const row = Math.floor(y / scale) * width;
    for (let x = 0; x < scaledWidth; x++, to += 4) {
      const from = (row + Math.floor(x / scale)) * channels;
      imageData.data[to] = data[from] ?? 0;
      imageData.data[to + 1] = data[from + 1] ?? 0;
      imageData.data[to + 2] = data[from + 2] ?? 0;
      imageData.data[to + 3] = channels === 4 ? (data[from + 3] ?? 0) : 255;
    }
  }
  return imageData;
}

function scaled({ width, height }: { width: number; height: number }, scale: number) {
  return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) };
}

/** Each pixel's luminance, by the weights of ITU-R BT.709. */
function grayscale(source: ImageData, label: string): ImageData {
  const result = createImageData(label, source.width, source.height);
  for (let at = 0; at < source.data.length; at += 4) {
    const luminance =
      0.2126 * (source.data[at] ?? 0) + 0.7152 * (source.data[at + 1] ?? 0) + 0.0722 * (source.data[at + 2] ?? 0);
    result.data[at] = result.data[at + 1] = result.data[at + 2] = luminance;
    result.data[at + 3] = source.data[at + 3] ?? 0;
  }
  return result;
}

/** A box blur over about one percent of the width: first along the rows, then along the columns. */
function blur(source: ImageData, label: string): ImageData {
  const { width, height } = source;
  const radius = Math.max(1, Math.round(width / 100));
  const result = createImageData(label, width, height);
  const rowsDone = new Uint8ClampedArray(source.data.length);
  blurLines(source.data, rowsDone, { lines: height, length: width, nextLine: width * 4, nextPixel: 4 }, radius);
  blurLines(rowsDone, result.data, { lines: width, length: height, nextLine: 4, nextPixel: width * 4 }, radius);
  return result;
}

/** Averages along lines with a running sum, so that the radius costs nothing. Past an end, the last pixel repeats. */
function blurLines(
  source: Uint8ClampedArray,
  result: Uint8ClampedArray,
  layout: { lines: number; length: number; nextLine: number; nextPixel: number },
  radius: number,
) {
  const { lines, length, nextLine, nextPixel } = layout;
  const weight = 1 / (2 * radius + 1);
  for (let line = 0; line < lines; line++) {
    for (let channel = 0; channel < 4; channel++) {
      const first = line * nextLine + channel;
      const last = first + (length - 1) * nextPixel;
      let sum = (source[first] ?? 0) * (radius + 1);
      for (let ahead = 1; ahead <= radius; ahead++) sum += source[Math.min(first + ahead * nextPixel, last)] ?? 0;
      for (let at = first; at <= last; at += nextPixel) {
        result[at] = sum * weight;
        sum += source[Math.min(at + (radius + 1) * nextPixel, last)] ?? 0;
        sum -= source[Math.max(at - radius * nextPixel, first)] ?? 0;
      }
    }
  }
}

function thumbnail(source: ImageData, label: string): ImageData {
  const size = scaled(source, Math.min(1, 160 / source.width));
  const result = createImageData(label, size.width, size.height);
  shrink(source, result);
  return result;
}

/** Fills `result` with a smaller copy of `source`: each pixel is the average of those that it stands for. */
function shrink(source: ImageData, result: ImageData) {
  for (let y = 0, to = 0; y < result.height; y++) {
    const top = Math.floor((y * source.height) / result.height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * source.height) / result.height));
    for (let x = 0; x < result.width; x++) {
      const left = Math.floor((x * source.width) / result.width);
      const right = Math.max(left + 1, Math.floor(((x + 1) * source.width) / result.width));
      const pixels = (bottom - top) * (right - left);
      for (let channel = 0; channel < 4; channel++, to++) {
        let sum = 0;
        for (let row = top; row < bottom; row++) {
          for (let column = left; column < right; column++) {
            sum += source.data[(row * source.width + column) * 4 + channel] ?? 0;
          }
        }
        result.data[to] = sum / pixels;
      }
    }
  }
}

/** So many pictures are shown before and after; more would crowd the application. */
const SHOWN_PICTURES = 3;

/** Shows a copy of at most 480 pixels in width. The copy is no part of the pipeline, so it is not registered. */
function showPicture(context: ScenarioContext, imageUrl: string, step: string, imageData: ImageData) {
  const { width, height } = scaled(imageData, Math.min(1, 480 / imageData.width));
  const copy = { data: new Uint8ClampedArray(width * height * 4), width, height };
  shrink(imageData, copy);
  context.showPicture({ subject: imageUrl.slice(1), step, width, height, png: encode(copy) });
}

// ── The server that the pictures are fetched from ───────────────────────────────────────────────────────────────────

async function servePictures() {
  const server = createServer((request, response) => {
    const path = request.url?.replace(/\?.*/, '');
    const picture = PICTURES.find((candidate) => candidate.path === path);
    if (picture === undefined) {
      response.writeHead(404).end('There is no such picture.');
      return;
    }
    readFile(new URL(`../../resources/images${picture.path}`, import.meta.url)).then(
      (png) => response.writeHead(200, { 'content-type': 'image/png' }).end(png),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    /** Kept-alive connections are closed as well: they would keep the process from ending. */
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

function predict(facts: PredictionFacts): PredictionCheck[] {
  const images = Number(facts.parameters['images']);
  const keptCount = Math.min(Number(facts.parameters['keepLast']), images);
  const steps = stepsOf(facts.parameters['steps']);
  const expectedTotal = images * (1 + steps.length);
  const keptLabels = new Set(Array.from({ length: keptCount }, (_, at) => `Image: ${urlOf(images - 1 - at)}`));

  // fetch() has a registry of its own inside Node; the prediction is about pictures alone.
  const objects = [...facts.objects].filter(({ label }) => label?.startsWith('Image: ') === true);
  const keptObjects = objects.filter(({ label }) => keptLabels.has(label ?? ''));
  const released = objects.filter(({ label }) => !keptLabels.has(label ?? ''));
  const alive = keptObjects.filter(({ verdict }) => verdict === 'alive').length;
  const finalized = released.filter(({ verdict }) => verdict === 'finalized').length;

  const checks: PredictionCheck[] = [
    {
      expectation: `${images} pictures and the results of ${steps.length} steps each are registered: ${expectedTotal}`,
      observed: `${objects.length} registered`,
      held: objects.length === expectedTotal,
    },
  ];
  if (keptCount > 0) {
    checks.push({
      expectation: `The last ${keptCount} decoded pictures are kept and stay alive`,
      observed: `${alive} of ${keptObjects.length} alive`,
      held: keptObjects.length === keptCount && alive === keptCount,
    });
  }
  const collections = expectedCollections(facts);
  if (collections === 'certain') {
    checks.push({
      expectation: `All ${expectedTotal - keptCount} that were let go are collected and called back`,
      observed: `${finalized} of ${released.length} called back`,
      held: released.length === expectedTotal - keptCount && finalized === released.length,
    });
  }
  checks.push(...predictMemory(facts, collections === 'certain'));
  return checks;
}

/** Below this, what Node itself does with memory is not small beside the pictures. */
const NOTICEABLE_PICTURE_BYTES = 2e6;
const NOTICEABLE_RISE_BYTES = 32e6;

function predictMemory(facts: PredictionFacts, collected: boolean): PredictionCheck[] {
  const { parameters, report, samples, gcPolicy } = facts;
  const { peakExternalBytes, finalExternalBytes } = report.heap;
  if (peakExternalBytes === null || finalExternalBytes === null) {
    return [
      {
        expectation: 'External memory rises and falls',
        observed: 'External memory is not known on this runtime',
        held: true,
      },
    ];
  }
  const checks: PredictionCheck[] = [];
  const bytesOf = (index: number) => {
    const { width, height } = scaled(pictureAt(index), Number(parameters['scale']) / 100);
    return width * height * 4;
  };
  const images = Number(parameters['images']);
  const keepLast = Number(parameters['keepLast']);
  const largestBytes = Math.max(...Array.from({ length: Math.min(images, PICTURES.length) }, (_, at) => bytesOf(at)));
  if (largestBytes >= NOTICEABLE_PICTURE_BYTES) {
    checks.push({
      expectation: `External memory peaks at one decoded picture (${megabytes(largestBytes)}) or more`,
      observed: `Peak: ${megabytes(peakExternalBytes)}`,
      held: peakExternalBytes >= largestBytes,
    });
  }
  // At its peak memory held, beside what is kept to the end, at least one picture that was let go later: without a cache
  // the largest, with one the last that had to make room, or else a result made of the last picture.
  const hasResults = stepsOf(parameters['steps']).length > 0;
  const releasedBytes =
    keepLast === 0
      ? largestBytes
      : images > keepLast
        ? bytesOf(images - keepLast - 1)
        : hasResults
          ? bytesOf(images - 1)
          : 0;
  if (collected && releasedBytes >= NOTICEABLE_PICTURE_BYTES) {
    checks.push({
      expectation: `External memory ends at least half a picture (${megabytes(releasedBytes / 2)}) below its peak`,
      observed: `From ${megabytes(peakExternalBytes)} to ${megabytes(finalExternalBytes)}`,
      held: peakExternalBytes - finalExternalBytes >= releasedBytes / 2,
    });
  }
  const usedRise = rangeOf(samples.usedBytes);
  const externalRise = rangeOf(samples.externalBytes);
  // Memory pressure is made of objects on the heap, by the observer and not by the pictures.
  const heapIsOurs = gcPolicy.kind !== 'pressure' && !facts.marks.some(({ kind }) => kind === 'gc-policy-changed');
  if (heapIsOurs && externalRise >= NOTICEABLE_RISE_BYTES) {
    checks.push({
      expectation: 'Used heap moves at most half as far as external memory',
      observed: `${megabytes(usedRise)} against ${megabytes(externalRise)}`,
      held: usedRise <= externalRise / 2,
    });
  }
  return checks;
}

/** Highest less lowest known value; NaN stands for what is not known. */
function rangeOf(values: Float64Array): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high >= low ? high - low : 0;
}
