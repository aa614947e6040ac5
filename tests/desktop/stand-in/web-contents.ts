// Electron's WebContents and WebFrameMain over a page of a real Chromium: navigation, frames, messages, permissions and
// crashes are Chromium's own, and each asks the application's handlers as Electron would.

import type * as Electron from 'electron';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isOwnScheme, originForApplication, toApplication, toChromium } from './addresses.ts';
import { connectDeveloperTools, type DeveloperTools, type Result, type Session } from './developer-tools.ts';
import { ipcMain } from './ipc-main.ts';
import { complain, Loud, loud, LoudEmitter, preventableEvent, problems } from './loud.ts';
import { createMessageCodec } from './message-codec.ts';
import { StandInPort } from './message-port.ts';
import { bridgeSource, BINDING, DELIVER, preloadSource, PRELOAD_WORLD } from './page-worlds.ts';
import type { ApplicationMessage, PageMessage } from './page-worlds.ts';
import { protocolHandlers } from './protocol.ts';
import { defaultSession, permissionSettings } from './session.ts';
import { settings } from './settings.ts';
import type { Shaped } from './shape.ts';

const codec = createMessageCodec();
/** Of a renderer that Chromium itself was told to crash. */
const CRASH_EXIT_CODE = 5;

let tools: Promise<DeveloperTools> | undefined;
/** Chromium, as soon as the first window needs it. */
export function chromium(): Promise<DeveloperTools> {
  if (settings.developerTools === undefined) throw new Error('This launch of the stand-in was given no Chromium.');
  tools ??= connectDeveloperTools(settings.developerTools).then(async (connected) => {
    void connected.closed.then(() => {
      console.error('The Chromium of the stand-in has gone.');
      process.exit(70);
    });
    // The page that Chromium began with is told of before the answer.
    await connected.send('Target.setDiscoverTargets', { discover: true });
    connected.on('Target.targetCreated', ({ targetInfo: { targetId, type } }) => {
      if (type !== 'page') return;
      strangers.add(targetId as string);
      closeDenied(connected);
    });
    return connected;
  });
  return tools;
}

interface Size {
  readonly width: number;
  readonly height: number;
}
async function sizePage(session: Session, { width, height }: Size): Promise<void> {
  const { windowId } = await session.send('Browser.getWindowForTarget');
  await session.send('Browser.setWindowBounds', { windowId, bounds: { width, height } });
}

// Chromium tells of a window that a page opens, and makes it. Where the application denied it, it is closed at once: the
// page holds a closed window, where Electron would have given it none.
/** Pages that no window of the application shows. */
const strangers = new Set<string>();
let denied = 0;
function closeDenied(connected: DeveloperTools): void {
  for (const targetId of strangers) {
    if (denied === 0) return;
    denied -= 1;
    strangers.delete(targetId);
    closeWindow(connected, targetId).catch(() => {});
  }
}
/** A window that whoever debugs it still holds back must not be closed: the page that opened it would be held back for good. */
async function closeWindow(connected: DeveloperTools, targetId: string): Promise<void> {
  const { sessionId } = await connected.send('Target.attachToTarget', { targetId, flatten: true });
  const session = connected.session(sessionId as string);
  await session.send('Runtime.runIfWaitingForDebugger');
  // Its answer comes when it is held back no more, or not at all where it goes on to its address meanwhile.
  await session.send('Runtime.evaluate', { expression: 'document.readyState' }).catch(() => {});
  await connected.send('Target.closeTarget', { targetId });
}

type FrameShape = Pick<
  Electron.WebFrameMain,
  'origin' | 'url' | 'postMessage' | 'send' | 'frames' | 'parent' | 'top' | 'isDestroyed'
>;

export class StandInFrame extends Loud {
  readonly id: string;
  readonly parent: StandInFrame | null;
  readonly frames: StandInFrame[] = [];
  readonly #contents: StandInContents;
  /** As Chromium has them. */
  address = 'about:blank';
  pageOrigin = 'null';
  /** Chromium's number of the preload script's world in this frame; undefined while there is none. */
  world: number | undefined;
  isGone = false;
  constructor(id: string, parent: StandInFrame | null, contents: StandInContents) {
    super('WebFrameMain');
    this.id = id;
    this.parent = parent;
    this.#contents = contents;
    parent?.frames.push(this);
  }
  get url(): string {
    return toApplication(this.address);
  }
  get origin(): string {
    return originForApplication(this.pageOrigin);
  }
  get top(): StandInFrame {
    return this.parent?.top ?? this;
  }
  isDestroyed(): boolean {
    return this.isGone;
  }
  send(channel: string, ...words: unknown[]): void {
    this.#contents.deliver(this, { kind: 'send', channel, words, ports: [] });
  }
  postMessage(channel: string, message: unknown, transfer: readonly unknown[] = []): void {
    if (this.isGone || this.#contents.isCrashed()) {
      throw new Error('Render frame was disposed before WebFrameMain could be accessed');
    }
    const ports = transfer.map((port) => {
      if (!(port instanceof StandInPort)) throw complain('Only a MessagePortMain can be transferred to a frame.');
      return this.#contents.adoptPort(this, port);
    });
    this.#contents.deliver(this, { kind: 'send', channel, words: [message], ports });
  }
}
({}) as unknown as StandInFrame satisfies Shaped<FrameShape>;

type ContentsShape = Pick<
  Electron.WebContents,
  | 'getURL'
  | 'getTitle'
  | 'reload'
  | 'isCrashed'
  | 'isLoading'
  | 'isDestroyed'
  | 'setWindowOpenHandler'
  | 'setZoomLevel'
  | 'getZoomLevel'
  | 'send'
  | 'focus'
  | 'openDevTools'
  | 'closeDevTools'
  | 'isDevToolsOpened'
  | 'toggleDevTools'
  | 'forcefullyCrashRenderer'
  | 'id'
>;

/** What the page is given of a port whose other end it has. */
interface AdoptedPort {
  readonly frame: StandInFrame;
  readonly world: number;
  post(data: unknown): void;
  close(): void;
}

export class StandInContents extends LoudEmitter implements ContentsShape {
  static #lastId = 0;
  readonly id = (StandInContents.#lastId += 1);
  readonly session = defaultSession;
  readonly #preloadPath: string | undefined;
  readonly #secret = randomUUID();
  readonly #size: Size;
  readonly #ready: Promise<Session>;
  readonly #frames = new Map<string, StandInFrame>();
  readonly #ports = new Map<string, AdoptedPort>();
  readonly #outboxes = new Map<number, string[]>();
  readonly #worlds = new Map<number, StandInFrame>();
  #mainFrame = new StandInFrame('', null, this);
  #openHandler: Parameters<Electron.WebContents['setWindowOpenHandler']>[0] | undefined;
  #isCrashed = false;
  #isDestroyed = false;
  #isLoading = false;
  #zoomLevel = 0;
  #hasDevTools = false;
  #title = '';
  #lastPort = 0;
  /** Navigations that the application itself began, which ask nobody. */
  #ownNavigations = 0;

  constructor(preferences: Electron.WebPreferences, size: Size) {
    super('WebContents');
    this.#preloadPath = preferences.preload;
    this.#size = size;
    for (const [name, value] of Object.entries({ contextIsolation: true, sandbox: true, nodeIntegration: false })) {
      const wished: unknown = Reflect.get(preferences, name);
      if (wished !== undefined && wished !== value) throw complain(`The stand-in has no page with ${name}: ${wished}.`);
    }
    this.#ready = this.#open();
    // Whoever uses it is told; a window that nobody uses may be gone before it was there.
    this.#ready.catch(() => {});
  }

  get mainFrame(): StandInFrame {
    return this.#mainFrame;
  }
  getURL(): string {
    return this.#mainFrame.url === 'about:blank' ? '' : this.#mainFrame.url;
  }
  getTitle(): string {
    return this.#title;
  }
  isCrashed(): boolean {
    return this.#isCrashed;
  }
  isLoading(): boolean {
    return this.#isLoading;
  }
  isDestroyed(): boolean {
    return this.#isDestroyed;
  }
  focus(): void {}
  setZoomLevel(level: number): void {
    this.#zoomLevel = level;
  }
  getZoomLevel(): number {
    return this.#zoomLevel;
  }
  openDevTools(): void {
    this.#hasDevTools = true;
  }
  closeDevTools(): void {
    this.#hasDevTools = false;
  }
  isDevToolsOpened(): boolean {
    return this.#hasDevTools;
  }
  toggleDevTools(): void {
    this.#hasDevTools = !this.#hasDevTools;
  }
  setWindowOpenHandler(handler: Parameters<Electron.WebContents['setWindowOpenHandler']>[0]): void {
    this.#openHandler = handler;
  }
  send(channel: string, ...words: unknown[]): void {
    this.#mainFrame.send(channel, ...words);
  }
  postMessage(channel: string, message: unknown, transfer: readonly unknown[] = []): void {
    this.#mainFrame.postMessage(channel, message, transfer);
  }
  forcefullyCrashRenderer(): void {
    // Its answer never comes.
    this.#ready.then((session) => session.send('Page.crash')).catch(() => {});
  }
  reload(): void {
    this.#ready
      .then((session) =>
        // Where the process has crashed there is no page to be loaded again; where it has not, its address with a
        // fragment would only be gone to.
        this.#isCrashed ? this.#navigate(session, this.#mainFrame.address) : this.#reload(session),
      )
      .catch((error: unknown) => {
        if (!this.#isDestroyed) complain(`The page could not be reloaded: ${String(error)}`);
      });
  }
  /** Electron's windows pass this on. */
  async loadURL(address: string): Promise<void> {
    const session = await this.#ready;
    const loaded = new Promise<void>((resolve) => this.once('did-finish-load', () => resolve()));
    await this.#navigate(session, toChromium(address));
    await loaded;
  }
  /** Ends the page. */
  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#loseWorlds(() => true);
    this.emit('destroyed');
    void this.#ready
      .then(async () => {
        const connected = await chromium();
        await connected.send('Target.closeTarget', { targetId: this.#mainFrame.id });
      })
      // Chromium may have ended before.
      .catch(() => {});
  }
  /** Chromium's own emulation, for what the whole application decides. */
  async emulate(method: string, parameters: Readonly<Record<string, unknown>>): Promise<void> {
    await (await this.#ready).send(method, parameters);
  }
  async setPageSize(size: Size): Promise<void> {
    await sizePage(await this.#ready, size);
  }
  /** As a page could that had broken out of its sandbox: sends to the application from a frame within the page. */
  async sendFromFrameWithin(channel: string, words: readonly unknown[]): Promise<void> {
    const session = await this.#ready;
    const frame = [...this.#frames.values()].find(({ parent, world }) => parent !== null && world !== undefined);
    if (frame === undefined) throw new Error('There is no frame within the page.');
    await session.send('Runtime.callFunctionOn', {
      executionContextId: frame.world,
      functionDeclaration: `function (text) { globalThis[${JSON.stringify(BINDING)}](text); }`,
      arguments: [{ value: codec.encode({ kind: 'send', channel, words: [...words] } satisfies PageMessage) }],
    });
  }

  /** Sends to the preload script's world of a frame, in order; to one that is not there, nothing comes. */
  deliver(frame: StandInFrame, message: ApplicationMessage): void {
    const { world } = frame;
    if (world === undefined || this.#isCrashed) return;
    this.#deliverTo(world, message);
  }
  #deliverTo(world: number, message: ApplicationMessage): void {
    const text = codec.encode(message);
    const outbox = this.#outboxes.get(world);
    // While one delivery is under way, what comes meanwhile waits for the next.
    if (outbox !== undefined) outbox.push(text);
    else void this.#empty(world, [text]);
  }
  async #empty(world: number, first: string[]): Promise<void> {
    this.#outboxes.set(world, []);
    const session = await this.#ready;
    let texts = first;
    while (texts.length > 0) {
      try {
        const { exceptionDetails } = await session.send('Runtime.callFunctionOn', {
          executionContextId: world,
          functionDeclaration: DELIVER,
          arguments: texts.map((value) => ({ value })),
          silent: false,
        });
        if (exceptionDetails !== undefined) complain(`The preload script threw: ${JSON.stringify(exceptionDetails)}`);
      } catch {
        // The world is gone with its page.
        break;
      }
      texts = this.#outboxes.get(world)!;
      this.#outboxes.set(world, []);
    }
    this.#outboxes.delete(world);
  }

  /** Gives one end of a channel to the page. @returns its name there */
  adoptPort(frame: StandInFrame, port: StandInPort): string {
    const { world } = frame;
    const name = String((this.#lastPort += 1));
    const owner = port.giveAway({
      message: (data) => {
        if (this.#ports.has(name)) this.#deliverTo(world!, { kind: 'port', port: name, data });
      },
      closed: () => {
        if (this.#ports.delete(name)) this.#deliverTo(world!, { kind: 'port-closed', port: name });
      },
    });
    if (world === undefined) setImmediate(() => owner.close());
    else this.#ports.set(name, { frame, world, ...owner });
    return name;
  }

  async #open(): Promise<Session> {
    // The application sets the window up in the same turn, before anything can happen in it.
    await Promise.resolve();
    const connected = await chromium();
    const { targetId } = await connected.send('Target.createTarget', {
      url: 'about:blank',
      newWindow: true,
      ...this.#size,
    });
    strangers.delete(targetId as string);
    const { sessionId } = await connected.send('Target.attachToTarget', { targetId, flatten: true });
    const session = connected.session(sessionId as string);
    this.#mainFrame = new StandInFrame(targetId as string, null, this);
    this.#frames.set(targetId as string, this.#mainFrame);
    this.#listen(session, connected);
    const preloadScript = this.#preloadPath === undefined ? '' : readFileSync(this.#preloadPath, 'utf8');
    await Promise.all([
      session.send('Page.enable'),
      session.send('Inspector.enable'),
      session.send('Page.setLifecycleEventsEnabled', { enabled: true }),
      session.send('Runtime.enable'),
      session.send('Runtime.addBinding', { name: BINDING, executionContextName: PRELOAD_WORLD }),
      session.send('Page.addScriptToEvaluateOnNewDocument', { source: bridgeSource(this.#secret) }),
      session.send('Page.addScriptToEvaluateOnNewDocument', {
        source: preloadSource(this.#secret, preloadScript),
        worldName: PRELOAD_WORLD,
      }),
      session.send('Fetch.enable', { patterns: [{ urlPattern: '*', requestStage: 'Request' }] }),
    ]);
    return session;
  }

  async #reload(session: Session): Promise<void> {
    this.#ownNavigations += 1;
    const done = new Promise<void>((resolve) => this.once('did-navigate', () => resolve()));
    await session.send('Page.reload');
    await done;
    this.#ownNavigations -= 1;
  }
  async #navigate(session: Session, address: string): Promise<void> {
    this.#ownNavigations += 1;
    try {
      const origin = URL.parse(address)?.origin;
      if (origin !== undefined && origin !== 'null') {
        const connected = await chromium();
        await Promise.all(
          permissionSettings(this, toApplication(address)).map((setting) =>
            connected.send('Browser.setPermission', { ...setting, origin }),
          ),
        );
      }
      const { errorText } = await session.send('Page.navigate', { url: address });
      if (errorText !== undefined) {
        this.emit('did-fail-load', {}, -2, errorText, toApplication(address), true);
        throw new Error(`${errorText} loading '${toApplication(address)}'`);
      }
    } finally {
      this.#ownNavigations -= 1;
    }
  }

  #listen(session: Session, connected: DeveloperTools): void {
    const frameOf = (id: string) => this.#frames.get(id);
    session.on('Page.frameAttached', ({ frameId, parentFrameId }) => {
      const parent = frameOf(parentFrameId);
      if (parent !== undefined) this.#frames.set(frameId, new StandInFrame(frameId, parent, this));
    });
    session.on('Page.frameDetached', ({ frameId, reason }) => {
      const frame = frameOf(frameId);
      if (frame === undefined || reason === 'swap') return;
      frame.isGone = true;
      frame.parent?.frames.splice(frame.parent.frames.indexOf(frame), 1);
      this.#frames.delete(frameId);
      this.#loseWorlds((of) => of === frame);
    });
    session.on('Page.frameNavigated', ({ frame: { id, url, urlFragment = '' } }) => {
      const frame = frameOf(id);
      if (frame === undefined) return;
      frame.address = `${url}${urlFragment}`;
      if (frame.parent !== null) return;
      this.#isCrashed = false;
      this.#isLoading = true;
      this.emit('did-navigate', {}, this.getURL(), 200, 'OK');
    });
    session.on('Page.navigatedWithinDocument', ({ frameId, url }) => {
      const frame = frameOf(frameId);
      if (frame === undefined) return;
      frame.address = url;
      this.emit('did-navigate-in-page', {}, toApplication(url), frame.parent === null, 0, 0);
    });
    session.on('Page.lifecycleEvent', ({ frameId, name }) => {
      if (frameId !== this.#mainFrame.id || this.#mainFrame.address === 'about:blank') return;
      if (name === 'firstPaint') this.emit('first-paint');
      if (name === 'DOMContentLoaded') this.emit('dom-ready', {});
      if (name !== 'load') return;
      this.#isLoading = false;
      this.emit('did-finish-load');
      this.emit('did-stop-loading');
    });
    session.on('Runtime.executionContextCreated', ({ context: { id, name, origin, auxData } }) => {
      const frame = frameOf(auxData?.frameId);
      if (frame === undefined) return;
      if (auxData.isDefault === true) frame.pageOrigin = origin;
      if (name !== PRELOAD_WORLD) return;
      frame.world = id;
      this.#worlds.set(id, frame);
    });
    session.on('Runtime.executionContextDestroyed', ({ executionContextId }) => {
      this.#loseWorlds((_frame, world) => world === executionContextId);
    });
    session.on('Runtime.executionContextsCleared', () => this.#loseWorlds(() => true));
    session.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      const frame = this.#worlds.get(executionContextId);
      if (name === BINDING && frame !== undefined) this.#hear(frame, codec.decode(payload) as PageMessage);
    });
    session.on('Inspector.targetCrashed', () => {
      this.#isCrashed = true;
      this.#loseWorlds(() => true);
      const details = { reason: 'crashed', exitCode: CRASH_EXIT_CODE } satisfies Electron.RenderProcessGoneDetails;
      this.emit('render-process-gone', {}, details);
      this.emit('gone', details);
    });
    session.on('Page.windowOpen', ({ url, windowName, windowFeatures }) => {
      const answer = this.#openHandler?.({
        url: toApplication(url),
        frameName: windowName,
        features: (windowFeatures as string[]).join(','),
        disposition: 'new-window',
        referrer: { url: this.getURL(), policy: 'default' },
      });
      if (answer?.action !== 'deny') complain('The stand-in lets no page open a window, and was to.');
      denied += 1;
      closeDenied(connected);
    });
    session.on('Fetch.requestPaused', (request) => {
      this.#answer(session, request).catch((error: unknown) => {
        // A page that was led elsewhere waits for no answer, and Chromium knows the request no more.
        const isCancelled = error instanceof Error && error.message.includes('Invalid InterceptionId');
        if (this.#isDestroyed || this.#isCrashed || isCancelled) return;
        console.error('The stand-in could not answer a request:', error);
      });
    });
  }

  async #answer(session: Session, paused: Result): Promise<void> {
    const { requestId, request, resourceType, frameId, redirectedRequestId } = paused;
    const refuse = (errorReason: string) => session.send('Fetch.failRequest', { requestId, errorReason });
    const address = toApplication(`${request.url}${request.urlFragment ?? ''}`);
    if (resourceType === 'Document') {
      const isMainFrame = frameId === this.#mainFrame.id;
      const details = { url: address, isMainFrame, isSameDocument: false, frame: this.#frames.get(frameId) ?? null };
      if (isMainFrame) this.emit('did-start-navigation', preventableEvent(details), address, false, true);
      if (!(isMainFrame && this.#ownNavigations > 0) || redirectedRequestId !== undefined) {
        const event = preventableEvent(details);
        if (redirectedRequestId !== undefined) this.emit('will-redirect', event, address, false, isMainFrame);
        else {
          this.emit('will-frame-navigate', event);
          if (isMainFrame && !event.defaultPrevented) this.emit('will-navigate', event, address);
        }
        if (event.defaultPrevented) return refuse('Aborted');
      }
    }
    const { protocol, hostname } = new URL(address);
    const handler = protocolHandlers.get(protocol.slice(0, -1));
    if (isOwnScheme(protocol.slice(0, -1)) && handler !== undefined) {
      const { method, headers, postData } = request;
      const response = await handler(
        new Request(address, { method, headers, ...(postData !== undefined && { body: postData as string }) }),
      );
      const body = Buffer.from(await response.arrayBuffer());
      await session.send('Fetch.fulfillRequest', {
        requestId,
        responseCode: response.status,
        responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
        body: body.toString('base64'),
      });
      return;
    }
    if (['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) {
      await session.send('Fetch.continueRequest', { requestId });
      return;
    }
    complain(`The page asked for ${address}, and the stand-in reaches no network.`);
    await refuse('InternetDisconnected');
  }

  #hear(frame: StandInFrame, message: PageMessage): void {
    switch (message.kind) {
      case 'send':
      case 'invoke': {
        // As Electron does: to listeners of the application for all contents.
        const event = loud('IpcMainEvent', {
          sender: this as StandInContents,
          senderFrame: frame.isGone ? null : frame,
          frameId: 0,
          processId: 0,
          ports: [],
          returnValue: undefined as unknown,
          defaultPrevented: false,
          type: 'frame',
          reply: (channel: string, ...words: unknown[]) => frame.send(channel, ...words),
        });
        if (message.kind === 'send') {
          ipcMain.emit(message.channel, event, ...message.words);
          return;
        }
        const { invocation, channel, words } = message;
        ipcMain.answer(channel, event, words).then(
          (value) => this.deliver(frame, { kind: 'answer', invocation, value }),
          (error: unknown) => this.deliver(frame, { kind: 'answer', invocation, problem: String(error) }),
        );
        return;
      }
      case 'port':
        this.#ports.get(message.port)?.post(message.data);
        return;
      case 'port-closed': {
        const port = this.#ports.get(message.port);
        this.#ports.delete(message.port);
        port?.close();
        return;
      }
      case 'problem':
        problems.push(message.problem);
    }
  }

  /** A document that is gone takes its ports with it. */
  #loseWorlds(isLost: (frame: StandInFrame, world: number) => boolean): void {
    for (const [world, frame] of this.#worlds) {
      if (!isLost(frame, world)) continue;
      this.#worlds.delete(world);
      if (frame.world === world) frame.world = undefined;
      for (const [name, port] of this.#ports) {
        if (port.world !== world) continue;
        this.#ports.delete(name);
        port.close();
      }
    }
  }
}
