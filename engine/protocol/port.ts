// The smallest interface that a transport implements, and the wrapper that parses what comes in.
// Hosts differ in their ports; everything above a port is shared.

import type * as v from 'valibot';
import { FrameError } from './frame-codec.ts';
import { parse } from './parse.ts';

/** Something to be let go of exactly once; `using` works on it. */
export interface Disposable {
  [Symbol.dispose](): void;
}

/** Makes a disposable of a function. Disposing twice calls it once. */
export function disposable(dispose: () => void): Disposable {
  let isDisposed = false;
  return {
    [Symbol.dispose]() {
      if (isDisposed) return;
      isDisposed = true;
      dispose();
    },
  };
}

/**
 * A two-way, ordered, lossless channel of messages.
 * Messages that arrive before the first listener are kept and given to it. After `close`, posting does nothing.
 */
export interface Port<Incoming, Outgoing> {
  post(message: Outgoing): void;
  onMessage(listener: (message: Incoming) => void): Disposable;
  /** Called once, when either side has closed, with what went wrong if anything did. */
  onClose(listener: (problem?: string) => void): Disposable;
  close(): void;
}

/** What a transport feeds: it keeps early messages, calls listeners in order, and closes once. */
export interface PortReceiver<Incoming> {
  deliver(message: Incoming): void;
  closed(problem?: string): void;
  readonly isClosed: boolean;
  onMessage(listener: (message: Incoming) => void): Disposable;
  onClose(listener: (problem?: string) => void): Disposable;
}

/** The listener half that every transport shares. */
export function createPortReceiver<Incoming>(): PortReceiver<Incoming> {
  const messageListeners = new Set<(message: Incoming) => void>();
  const closeListeners = new Set<(problem?: string) => void>();
  let early: Incoming[] = [];
  let isClosed = false;
  let closeProblem: string | undefined;
  return {
    get isClosed() {
      return isClosed;
    },
    deliver(message) {
      if (isClosed) return;
      if (messageListeners.size === 0) early.push(message);
      else for (const listener of messageListeners) listener(message);
    },
    closed(problem) {
      if (isClosed) return;
      isClosed = true;
      closeProblem = problem;
      for (const listener of closeListeners) listener(problem);
      closeListeners.clear();
    },
    onMessage(listener) {
      messageListeners.add(listener);
      const waiting = early;
      early = [];
      for (const message of waiting) listener(message);
      return disposable(() => messageListeners.delete(listener));
    },
    onClose(listener) {
      if (isClosed) {
        queueMicrotask(() => listener(closeProblem));
        return disposable(() => {});
      }
      closeListeners.add(listener);
      return disposable(() => closeListeners.delete(listener));
    },
  };
}

/** Two ports in one process, connected to each other. Messages are delivered in microtasks, never synchronously. */
export function createMemoryPortPair<Left, Right>(): [left: Port<Right, Left>, right: Port<Left, Right>] {
  const leftReceiver = createPortReceiver<Right>();
  const rightReceiver = createPortReceiver<Left>();
  const close = () =>
    queueMicrotask(() => {
      leftReceiver.closed();
      rightReceiver.closed();
    });
  function half<Incoming, Outgoing>(
    own: PortReceiver<Incoming>,
    other: PortReceiver<Outgoing>,
  ): Port<Incoming, Outgoing> {
    let closing = false;
    return {
      post(message) {
        if (!closing) queueMicrotask(() => other.deliver(message));
      },
      onMessage: own.onMessage,
      onClose: own.onClose,
      close() {
        closing = true;
        close();
      },
    };
  }
  return [half(leftReceiver, rightReceiver), half(rightReceiver, leftReceiver)];
}

interface ObjectOption extends v.GenericSchema {
  /** Absent in a variant that is itself an option. */
  readonly entries?: Readonly<Record<string, v.GenericSchema>>;
}
interface Variant extends v.GenericSchema {
  readonly type: 'variant';
  readonly key: string;
  readonly options: readonly ObjectOption[];
}

const isVariant = (schema: v.GenericSchema): schema is Variant => schema.type === 'variant';

/**
 * The same schema, quicker: a message is only tried against the option of a variant that its discriminator names, here and
 * one level below, where batches are. Valibot tries one option after the other and describes why each does not fit, which
 * would be a quarter of the time that a long run takes to open.
 */
export function quickened<Schema extends v.GenericSchema>(schema: Schema): Schema {
  return isVariant(schema) ? (dispatching(schema) as Schema) : schema;
}

function dispatching(variant: Variant): v.GenericSchema {
  const options = new Map<unknown, v.GenericSchema>();
  for (const option of variant.options) {
    const discriminator = option.entries?.[variant.key];
    // One that stands for several values is left to valibot.
    if (discriminator !== undefined && 'literal' in discriminator)
      options.set(discriminator.literal, withQuickEntries(option));
  }
  return {
    ...variant,
    '~run'(dataset, config) {
      const { value } = dataset;
      const named = typeof value === 'object' && value !== null ? Reflect.get(value, variant.key) : undefined;
      const option: v.GenericSchema = options.get(named) ?? variant;
      return option['~run'](dataset, config);
    },
  };
}

function withQuickEntries(option: ObjectOption): v.GenericSchema {
  // What a pipe checks besides its entries would be lost.
  if (option.entries === undefined || 'pipe' in option) return option;
  const entries = Object.fromEntries(
    Object.entries(option.entries).map(([name, entry]) => [name, quickened(isList(entry) ? quickList(entry) : entry)]),
  );
  return { ...option, entries } as v.GenericSchema;
}

interface List extends v.GenericSchema {
  readonly type: 'array';
  readonly item: v.GenericSchema;
}

const isList = (schema: v.GenericSchema): schema is List => schema.type === 'array' && !('pipe' in schema);
const quickList = (list: List): List => ({ ...list, item: quickened(list.item) });

/**
 * Parses every incoming message before anybody sees it. A message that does not fit is handed to `onInvalid` with a
 * one-line description and what came, and goes no further. A transport whose messages stand for themselves delivers a
 * FrameError in the place of one that it could not decode.
 */
export function validatedPort<Schema extends v.GenericSchema, Outgoing>(
  port: Port<unknown, Outgoing>,
  schema: Schema,
  onInvalid: (problem: string, raw: unknown) => void,
): Port<v.InferOutput<Schema>, Outgoing> {
  const quick = quickened(schema);
  return {
    post: (message) => port.post(message),
    onClose: (listener) => port.onClose(listener),
    close: () => port.close(),
    onMessage: (listener) =>
      port.onMessage((raw) => {
        if (raw instanceof FrameError) return onInvalid(raw.message, raw);
        const parsed = parse(quick, raw);
        if (parsed.success) listener(parsed.output);
        else onInvalid(parsed.problem, raw);
      }),
  };
}
