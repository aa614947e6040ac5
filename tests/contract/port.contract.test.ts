// What every Port promises, whatever it is made of. A new transport is added to port-pairs.ts and passes this.

import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { validatedPort, type Port } from '../../engine/protocol/port.ts';
import { PORT_KINDS, type PortPair } from './port-pairs.ts';

/** Resolves with the first `count` messages. */
function receive(port: Port<unknown, object>, count: number): Promise<unknown[]> {
  return new Promise((resolve) => {
    const messages: unknown[] = [];
    const listening = port.onMessage((message) => {
      messages.push(message);
      if (messages.length < count) return;
      queueMicrotask(() => listening[Symbol.dispose]());
      resolve(messages);
    });
  });
}

const closed = (port: Port<unknown, object>) =>
  new Promise<string | undefined>((resolve) => port.onClose((problem) => resolve(problem)));
/** Long enough for anything that is on its way: a round trip over the connection itself. */
async function roundTrip({ host, client }: PortPair): Promise<void> {
  const there = receive(client, 1);
  host.post({ type: 'round-trip' });
  await there;
  const back = receive(host, 1);
  client.post({ type: 'round-trip' });
  await back;
}
const turnOfTheLoop = () => new Promise((resolve) => setTimeout(resolve, 20));

describe.each(PORT_KINDS)('port: $name', ({ open }) => {
  let pair: PortPair;
  beforeEach(async () => {
    pair = await open();
  });
  afterEach(() => pair.dispose());

  it('delivers in order, in both directions at once', async () => {
    const numbered = Array.from({ length: 500 }, (_, index) => ({ type: 'numbered', index }));
    const received = Promise.all([receive(pair.client, numbered.length), receive(pair.host, numbered.length)]);
    for (const message of numbered) {
      pair.host.post(message);
      pair.client.post({ ...message, fromClient: true });
    }
    const [atClient, atHost] = await received;
    expect(atClient).toEqual(numbered);
    expect(atHost).toEqual(numbered.map((message) => ({ ...message, fromClient: true })));
  });

  it('keeps what comes before the first listener', async () => {
    pair.host.post({ type: 'early', index: 0 });
    pair.host.post({ type: 'early', index: 1 });
    await turnOfTheLoop();
    expect(await receive(pair.client, 2)).toEqual([
      { type: 'early', index: 0 },
      { type: 'early', index: 1 },
    ]);
  });

  it('never delivers while the sender is still posting', async () => {
    const received: unknown[] = [];
    pair.client.onMessage((message) => received.push(message));
    pair.host.post({ type: 'later' });
    expect(received).toEqual([]);
    await roundTrip(pair);
    expect(received[0]).toEqual({ type: 'later' });
  });

  it('brings columns as what they were', async () => {
    const message = {
      type: 'any',
      empty: new Float64Array(0),
      bytes: Uint8Array.of(0, 255),
      shorts: Uint16Array.of(0, 65_535, 7),
      batch: {
        type: 'samples',
        atMs: Float64Array.of(0, 0.1, NaN, Infinity),
        ids: Uint32Array.of(0, 2 ** 32 - 1),
        part: Float64Array.of(1, 2, 3, 4).subarray(1, 3),
        text: 'é\u{1F600}',
      },
      batches: [{ type: 'one', ids: Uint32Array.of(1, 2) }, { type: 'none' }, { atMs: Float64Array.of(NaN) }],
    };
    const received = receive(pair.client, 1);
    pair.host.post(message);
    expect(await received).toEqual([{ ...message, batch: { ...message.batch, part: Float64Array.of(2, 3) } }]);
  });

  it('brings a message of 8 MB whole', async () => {
    const values = Float64Array.from({ length: 1_000_000 }, (_, index) => index / 3);
    const received = receive(pair.client, 1);
    pair.host.post({ type: 'large', values });
    const [message] = await received;
    const parsed = v.parse(v.object({ type: v.string(), values: v.instance(Float64Array) }), message);
    expect(parsed.values.length).toBe(values.length);
    expect(parsed.values.every((value, index) => value === values[index])).toBe(true);
  });

  it('stops calling a listener that was disposed of', async () => {
    const received: unknown[] = [];
    pair.client.onMessage((message) => received.push(message))[Symbol.dispose]();
    await roundTrip(pair);
    expect(received).toEqual([]);
  });

  it.each(['host', 'client'] as const)('tells both sides once when the %s closes', async (closer) => {
    const calls = { host: 0, client: 0 };
    pair.host.onClose(() => calls.host++);
    pair.client.onClose(() => calls.client++);
    const bothClosed = Promise.all([closed(pair.host), closed(pair.client)]);
    pair[closer].close();
    pair[closer].close();
    expect(await bothClosed).toEqual([undefined, undefined]);
    pair.host.close();
    pair.client.close();
    await turnOfTheLoop();
    expect(calls).toEqual({ host: 1, client: 1 });
  });

  it('tells a listener that comes after the close', async () => {
    const alreadyClosed = closed(pair.client);
    pair.host.close();
    await alreadyClosed;
    await expect(closed(pair.client)).resolves.toBeUndefined();
  });

  it('delivers what was posted before the close', async () => {
    const received: unknown[] = [];
    pair.client.onMessage((message) => received.push(message));
    const clientClosed = closed(pair.client);
    pair.host.post({ type: 'last words', values: new Float64Array(10_000) });
    pair.host.close();
    await clientClosed;
    expect(received).toEqual([{ type: 'last words', values: new Float64Array(10_000) }]);
  });

  it('takes a post after the close without harm, and delivers nothing', async () => {
    const received: unknown[] = [];
    pair.client.onMessage((message) => received.push(message));
    pair.host.onMessage((message) => received.push(message));
    const bothClosed = Promise.all([closed(pair.host), closed(pair.client)]);
    pair.host.close();
    pair.host.post({ type: 'too late' });
    await bothClosed;
    pair.host.post({ type: 'too late' });
    pair.client.post({ type: 'too late' });
    await turnOfTheLoop();
    expect(received).toEqual([]);
  });

  it('hands on only what fits the schema, and says what does not', async () => {
    const Greeting = v.object({ type: v.literal('greeting'), index: v.number() });
    const problems: string[] = [];
    const greetings: unknown[] = [];
    const validated = validatedPort(pair.client, Greeting, (problem) => problems.push(problem));
    validated.onMessage((message) => greetings.push(message));
    pair.host.post({ type: 'greeting', index: 1 });
    pair.host.post({ type: 'greeting', index: 'two' });
    pair.host.post({ type: 'other' });
    pair.host.post({ type: 'greeting', index: 3, unknown: true });
    await roundTrip(pair);
    expect(greetings).toEqual([
      { type: 'greeting', index: 1 },
      { type: 'greeting', index: 3 },
    ]);
    expect(problems.slice(0, 2)).toEqual([expect.stringMatching(/^index: .*"two"/), expect.stringMatching(/^type: /)]);
  });
});
