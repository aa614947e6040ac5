// Recordings over HTTP: a run is downloaded as a file, and one that the user chose is uploaded to be opened; a page reads what
// is recorded of a long run, which comes several times as fast as through the socket. Guarded like the socket; see access.ts.
// What is uploaded goes through the reader piece by piece, and is never a file here.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EngineEvent } from '../../engine/protocol/event.ts';
import { encodeFrame } from '../../engine/protocol/frame-codec.ts';
import type { BatchGroup } from '../../engine/protocol/run-batch.ts';
import type { Engine } from '../../engine/session/engine.ts';
import { RecordingFileError } from '../../engine/session/recording-file.ts';
import { Refused } from '../../engine/session/refused.ts';

export type Recordings = Pick<Engine, 'openRecording' | 'saveRecording' | 'recordedFrom'>;

/** More than any recording that fits into memory has when it is compressed. */
const MAXIMUM_UPLOAD_BYTES = 2 * 1024 * 1024 * 1024;
const MAXIMUM_NAME_CHARACTERS = 255;
const FOLDER = '/recordings';
const RUN_PATH = /^\/recordings\/([\w-]{1,64})(\.heapline|\/events)$/;
const SEQUENCE = /^\d{1,15}$/;

export interface Answer {
  readonly status: number;
  readonly message: string;
}

/** True if `path` is for `answerRecordings`. */
export const isRecordingsPath = (path: string): boolean => path === FOLDER || path.startsWith(`${FOLDER}/`);

/**
 * Answers a request that was let in: `POST /recordings?name=…` with `{ runId }`, `GET /recordings/<runId>.heapline` with the
 * file, `GET /recordings/<runId>/events?from=<sequence>` with frames of `run-events`, as far as there are any by then.
 * @returns what is to be answered instead; undefined if it was answered
 */
export async function answerRecordings(
  recordings: Recordings,
  request: IncomingMessage,
  response: ServerResponse,
  { path, query }: { readonly path: string; readonly query: URLSearchParams },
): Promise<Answer | undefined> {
  if (path === FOLDER) {
    if (request.method === 'POST') return open(recordings, request, response, query.get('name') ?? '');
    response.setHeader('Allow', 'POST');
    return { status: 405, message: 'Allowed: POST.' };
  }
  const [, runId, part] = RUN_PATH.exec(path) ?? [];
  if (runId === undefined) return { status: 404, message: 'There is no such recording.' };
  if (request.method !== 'GET') {
    response.setHeader('Allow', 'GET');
    return { status: 405, message: 'Allowed: GET.' };
  }
  return part === '/events'
    ? sendEvents(recordings, response, runId, query.get('from') ?? '')
    : save(recordings, response, runId);
}

async function sendEvents(
  recordings: Recordings,
  response: ServerResponse,
  runId: string,
  from: string,
): Promise<Answer | undefined> {
  if (!SEQUENCE.test(from)) return { status: 400, message: 'Allowed: from=<sequence>, a whole number.' };
  const groups = ifKnown(() => recordings.recordedFrom(runId, Number(from)));
  if ('status' in groups) return groups;
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Cache-Control': 'no-store' });
  await send(response, framesOf(runId, groups));
  return undefined;
}

function* framesOf(runId: string, groups: Iterable<BatchGroup>): Generator<Uint8Array> {
  for (const group of groups) yield encodeFrame({ type: 'run-events', runId, ...group } satisfies EngineEvent);
}

/** What there is, or the answer that there is no such thing. */
function ifKnown<Found extends object>(find: () => Found): Found | Answer {
  try {
    return find();
  } catch (error) {
    if (error instanceof Refused) return { status: 404, message: error.message };
    throw error;
  }
}

/** As fast as the client takes it; no more where it went away. */
async function send(response: ServerResponse, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await untilDrained(response);
  }
  response.end();
}

async function save(recordings: Recordings, response: ServerResponse, runId: string): Promise<Answer | undefined> {
  const saved = ifKnown(() => recordings.saveRecording(runId));
  if ('status' in saved) return saved;
  response.writeHead(200, {
    'Content-Type': 'application/vnd.heapline.recording',
    'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(saved.fileName)}`,
    'Cache-Control': 'no-store',
  });
  await send(response, saved.chunks());
  return undefined;
}

function untilDrained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}

async function open(
  recordings: Recordings,
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
): Promise<Answer | undefined> {
  const tooLarge = { status: 413, message: 'It is larger than any recording that can be opened.' };
  if (Number(request.headers['content-length'] ?? 0) > MAXIMUM_UPLOAD_BYTES) return tooLarge;
  const givenUp = new AbortController();
  // With the last byte the request is over; who goes away while it is read does so to the answer.
  response.once('close', () => {
    if (!response.writableFinished) givenUp.abort();
  });
  let receivedBytes = 0;
  async function* received(): AsyncGenerator<Uint8Array> {
    // An iterator of its own would end the connection with the last piece that is read, and nobody could be answered.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      receivedBytes += chunk.length;
      if (receivedBytes > MAXIMUM_UPLOAD_BYTES) throw new RecordingFileError(tooLarge.message);
      yield chunk;
    }
  }
  try {
    const fileName = name.replace(/^.*[\\/]/, '').slice(0, MAXIMUM_NAME_CHARACTERS);
    const runId = await recordings.openRecording(received(), { fileName, signal: givenUp.signal });
    request.resume();
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    response.end(JSON.stringify({ runId }));
    return undefined;
  } catch (error) {
    // Read to its end, so that the answer is not lost with a connection that is cut.
    request.resume();
    if (error instanceof RecordingFileError) return { status: 422, message: error.message };
    if (error instanceof Refused) return { status: 409, message: error.message };
    throw error;
  }
}
