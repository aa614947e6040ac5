// What of Electron is in the page: the world of the preload script, and the bridge from it to the page's own world. The
// functions here refer to nothing outside themselves: their text is given to Chromium, which runs it before the page's
// own scripts. The two worlds share the document alone; they speak by events with a name that no page can guess, whose
// details Chromium clones on the way, as Electron's context bridge clones what passes it.

import { createMessageCodec, type MessageCodec } from './message-codec.ts';

/** Name of the preload script's world: Chromium gives the binding to it and to no other. */
export const PRELOAD_WORLD = 'Electron Isolated Context';
export const BINDING = 'tellStandIn';

/** From the page's process to the application. */
export type PageMessage =
  | { readonly kind: 'send'; readonly channel: string; readonly words: unknown[] }
  | { readonly kind: 'invoke'; readonly channel: string; readonly words: unknown[]; readonly invocation: number }
  | { readonly kind: 'port'; readonly port: string; readonly data: unknown }
  | { readonly kind: 'port-closed'; readonly port: string }
  | { readonly kind: 'problem'; readonly problem: string };

/** From the application to the preload script's world. */
export type ApplicationMessage =
  | { readonly kind: 'send'; readonly channel: string; readonly words: unknown[]; readonly ports: readonly string[] }
  | { readonly kind: 'answer'; readonly invocation: number; readonly value?: unknown; readonly problem?: string }
  | { readonly kind: 'port'; readonly port: string; readonly data: unknown }
  | { readonly kind: 'port-closed'; readonly port: string }
  | { readonly kind: 'files'; readonly paths: Readonly<Record<string, string>> };

/** What the bridge's events carry. */
type Exposed = { readonly name: string; readonly functions: readonly string[]; readonly values: object };
type Call = { readonly name: string; readonly functionName: string; readonly words: readonly unknown[] };
type Outcome = { readonly value?: unknown; readonly promise?: number; readonly problem?: string };

/** Source for the page's own world; `secret` is fresh for each window. */
export const bridgeSource = (secret: string): string => `(${pageSideOfBridge})(${JSON.stringify(secret)});`;

/** Source for the preload script's world. In a frame within the page, Electron runs no preload script. */
export const preloadSource = (secret: string, preloadScript: string): string =>
  `if (window === window.top) (${preloadWorld})(${JSON.stringify({ secret, binding: BINDING })}, ` +
  `(${createMessageCodec})(), function (require, module, exports) {${preloadScript}\n});`;

/** Calls what the preload script's world is to be given, in it. */
export const DELIVER = `function (...texts) { for (const text of texts) globalThis.deliverFromStandIn(text); }`;

function pageSideOfBridge(secret: string): void {
  const { document: page, CustomEvent: Event } = window;
  const dispatch = page.dispatchEvent.bind(page);
  const promises = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  page.addEventListener(`${secret}:expose`, (event) => {
    const { name, functions, values } = (event as CustomEvent<Exposed>).detail;
    const api: Record<string, unknown> = { ...values };
    for (const functionName of functions) {
      api[functionName] = (...words: unknown[]) => {
        let outcome: Outcome | undefined;
        const keep = (answer: globalThis.Event) => (outcome = (answer as CustomEvent<Outcome>).detail);
        page.addEventListener(`${secret}:outcome`, keep, { once: true });
        dispatch(new Event(`${secret}:call`, { detail: { name, functionName, words } satisfies Call }));
        page.removeEventListener(`${secret}:outcome`, keep);
        if (outcome === undefined || outcome === null) throw new Error('An object could not be cloned.');
        const { promise, problem, value } = outcome as Outcome;
        if (problem !== undefined) throw new Error(problem);
        if (promise === undefined) return value;
        return new Promise((resolve, reject) => promises.set(promise, { resolve, reject }));
      };
    }
    Object.defineProperty(window, name, { value: Object.freeze(api), enumerable: true });
  });
  page.addEventListener(`${secret}:settled`, (event) => {
    const { promise, problem, value } = (event as CustomEvent<Outcome>).detail;
    const waiting = promises.get(promise!);
    promises.delete(promise!);
    if (problem === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(problem));
  });
}

function preloadWorld(
  { secret, binding }: { secret: string; binding: string },
  codec: MessageCodec,
  runPreloadScript: (require: (name: string) => unknown, module: object, exports: object) => void,
): void {
  const world = globalThis as unknown as Record<string, unknown>;
  const tell = (message: PageMessage) => (world[binding] as (text: string) => void)(codec.encode(message));
  const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
  const fail = (problem: string): Error => {
    tell({ kind: 'problem', problem });
    return new Error(problem);
  };
  const loud = <Value extends object>(name: string, value: Value): Value =>
    new Proxy(value, {
      get(target, key) {
        if (typeof key === 'string' && !(key in target)) throw fail(`The stand-in for Electron has no ${name}.${key}.`);
        return Reflect.get(target, key) as unknown;
      },
    });

  // Ports: the page gets one end of a channel of its own; the other is this world's, and passes on what comes.
  const ports = new Map<string, MessagePort>();
  const makePort = (port: string): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    ports.set(port, port1);
    port1.addEventListener('message', ({ data }) => tell({ kind: 'port', port, data: data as unknown }));
    port1.addEventListener('close', () => {
      if (ports.delete(port)) tell({ kind: 'port-closed', port });
    });
    port1.start();
    return port2;
  };

  type Listener = (event: object, ...words: unknown[]) => void;
  const listeners = new Map<string, Set<Listener>>();
  const invocations = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let lastInvocation = 0;
  const ipcRenderer = loud('ipcRenderer', {
    on(channel: string, listener: Listener) {
      if (!listeners.has(channel)) listeners.set(channel, new Set());
      listeners.get(channel)!.add(listener);
      return ipcRenderer;
    },
    off(channel: string, listener: Listener) {
      listeners.get(channel)?.delete(listener);
      return ipcRenderer;
    },
    once(channel: string, listener: Listener) {
      const once: Listener = (...words) => {
        ipcRenderer.off(channel, once);
        listener(...words);
      };
      return ipcRenderer.on(channel, once);
    },
    send: (channel: string, ...words: unknown[]) => tell({ kind: 'send', channel, words }),
    invoke: (channel: string, ...words: unknown[]) =>
      new Promise((resolve, reject) => {
        lastInvocation += 1;
        invocations.set(lastInvocation, { resolve, reject });
        tell({ kind: 'invoke', channel, words, invocation: lastInvocation });
      }),
  });

  // The bridge: functions are called here, in the caller's turn; what they return is cloned.
  const exposed = new Map<string, Record<string, unknown>>();
  let lastPromise = 0;
  const dispatch = (event: string, detail: unknown) =>
    document.dispatchEvent(new CustomEvent(`${secret}:${event}`, { detail }));
  document.addEventListener(`${secret}:call`, (event) => {
    const call = (event as CustomEvent<Call | null>).detail;
    let outcome: Outcome;
    try {
      if (call === null) throw new Error('An object could not be cloned.');
      const value = (exposed.get(call.name)![call.functionName] as (...words: unknown[]) => unknown)(...call.words);
      if (value instanceof Promise) {
        const promise = (lastPromise += 1);
        value.then(
          (settled: unknown) => dispatch('settled', { promise, value: settled }),
          (error: unknown) => dispatch('settled', { promise, problem: messageOf(error) }),
        );
        outcome = { promise };
      } else {
        outcome = { value };
      }
    } catch (error) {
      outcome = { problem: messageOf(error) };
    }
    dispatch('outcome', outcome);
  });
  const contextBridge = loud('contextBridge', {
    exposeInMainWorld(name: string, api: Record<string, unknown>) {
      exposed.set(name, api);
      const functions = Object.keys(api).filter((key) => typeof api[key] === 'function');
      const values = Object.fromEntries(Object.entries(api).filter(([key]) => !functions.includes(key)));
      dispatch('expose', { name, functions, values } satisfies Exposed);
    },
  });

  // A page cannot know where its files lie: the stand-in says so of those that it dropped itself.
  let paths: Readonly<Record<string, string>> = {};
  const webUtils = loud('webUtils', { getPathForFile: (file: File) => paths[file.name] ?? '' });

  world['deliverFromStandIn'] = (text: string) => {
    const message = codec.decode(text) as ApplicationMessage;
    switch (message.kind) {
      case 'send': {
        const event = loud('IpcRendererEvent', { sender: ipcRenderer, ports: message.ports.map(makePort) });
        for (const listener of [...(listeners.get(message.channel) ?? [])]) listener(event, ...message.words);
        return;
      }
      case 'answer': {
        const waiting = invocations.get(message.invocation);
        invocations.delete(message.invocation);
        if (message.problem === undefined) waiting?.resolve(message.value);
        else waiting?.reject(new Error(message.problem));
        return;
      }
      case 'port':
        return ports.get(message.port)?.postMessage(message.data);
      case 'port-closed': {
        const port = ports.get(message.port);
        ports.delete(message.port);
        return port?.close();
      }
      case 'files':
        paths = message.paths;
    }
  };
  const electron = loud('electron', { contextBridge, ipcRenderer, webUtils });
  const module = { exports: {} };
  try {
    runPreloadScript(
      (name) => {
        if (name !== 'electron' && name !== 'electron/renderer') throw new Error(`module not found: ${name}`);
        return electron;
      },
      module,
      module.exports,
    );
  } catch (error) {
    fail(`The preload script failed: ${messageOf(error)}`);
  }
}
