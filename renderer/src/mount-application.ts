// Puts the application into the page, with whichever connection it is given: a host's, or a stand-in's while developing.

import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import { createPinia } from 'pinia';
import { watch } from 'vue';
import { parse } from '../../engine/protocol/parse.ts';
import App from './App.vue';
import { useEngineStore } from './stores/engine-store.ts';
import { useRunStore } from './stores/run-store.ts';
import { useSettingsStore } from './stores/settings-store.ts';
import { fragmentOf, subjectOfFragment } from './stores/subject.ts';
import { browserFrameHost, createFrameLoop } from './stream/frame-loop.ts';
import { createRunStream } from './stream/create-run-stream.ts';
import { FRAME_LOOP } from './views/frame-loop-injection.ts';
import { DesktopScriptMessage } from './transport/desktop-bridge.ts';
import { createEngineClient, type HostConnection } from './transport/engine-client.ts';
import { createVisibleApp, type VisibleApp } from './visible-renderer.ts';

/** Mounts into `selector` and begins to connect. */
export function mountApplication(selector: string, host: HostConnection): VisibleApp {
  const frameLoop = createFrameLoop(browserFrameHost());
  const app = createVisibleApp(App);
  app.use(createPinia()).provide(FRAME_LOOP, frameLoop);
  // For whoever measures the page from outside: a bench, or a person at the console. Nothing in the page reads it.
  Reflect.set(window, 'heaplineDiagnostics', { frameStatistics: () => frameLoop.frameStatistics() });
  // The theme is set before anything is drawn.
  useSettingsStore();
  const runStore = useRunStore();
  runStore.useStreams(createRunStream);
  openWhatTheAddressNames(runStore);
  // The host answers while the window is being made.
  useEngineStore().attach(createEngineClient(host), runStore);
  app.mountInto(selector);
  return app;
}

/** The address names what is on screen, so that a reload, a link and a host's argument all lead to it. */
function openWhatTheAddressNames(runStore: ReturnType<typeof useRunStore>): void {
  const open = () => {
    const subject = subjectOfFragment(window.location.hash);
    if (subject !== undefined) runStore.open(subject);
  };
  open();
  window.addEventListener('hashchange', open);
  watch(
    () => runStore.subject,
    (subject) => {
      if (subject !== undefined) window.history.replaceState(null, '', fragmentOf(subject));
    },
  );
  window.addEventListener('message', ({ source, data }) => {
    // Only this window's own preload script is listened to, never a frame or an opener.
    const message = source === window ? parse(DesktopScriptMessage, data) : undefined;
    if (message?.success === true) runStore.open({ kind: 'file', path: message.output.path });
  });
}
