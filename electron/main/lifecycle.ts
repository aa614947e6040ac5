// The desktop application from its start to its end: one instance, one engine, windows that come and go.

import { app, BrowserWindow, session } from 'electron';
import { join } from 'node:path';
import { SCENARIOS } from '../../engine/scenarios/index.ts';
import { createEngine } from '../../engine/session/engine.ts';
import { createNodeLauncher } from '../../engine/session/node-launcher.ts';
import { acceptClients } from './client-port.ts';
import { createDesktopLauncher } from './launcher.ts';
import { setMenu } from './menu.ts';
import { choosePage } from './page.ts';
import { registerPageScheme, servePage } from './page-protocol.ts';
import { confineAllContents, denyPermissions } from './security.ts';
import { createUtilityLauncher } from './utility-launcher.ts';
import { openWindow } from './window.ts';

/** @param options.outFolder everything that was built, absolute */
export function startDesktop({ outFolder }: { outFolder: string }): void {
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  const page = choosePage(app.isPackaged, process.env['ELECTRON_RENDERER_URL']);
  app.enableSandbox();
  registerPageScheme();
  confineAllContents(page);

  const scenarioRunnerPath = join(outFolder, 'engine', 'scenario-runner.mjs');
  const engine = createEngine({
    launcher: createDesktopLauncher({
      utility: createUtilityLauncher(join(outFolder, 'engine', 'utility-entry.cjs')),
      node: createNodeLauncher({ nodePath: 'node' }),
      scenarioRunnerPath,
    }),
    host: {
      kind: 'desktop',
      version: app.getVersion(),
      node: process.versions.node,
      v8: process.versions.v8,
      platform: `${process.platform} ${process.arch}`,
      ...(process.versions['electron'] !== undefined && { electron: process.versions['electron'] }),
    },
    scenarios: SCENARIOS,
    locations: {
      observerPath: join(outFolder, 'engine', 'probe.cjs'),
      scenarioRunnerPath,
      explainWorkerPath: join(outFolder, 'engine', 'explain-worker.mjs'),
      scenariosFolder: join(outFolder, 'scenarios'),
    },
    rendezvous: { onProblem: (problem) => console.error(`No other process can be watched. ${problem}`) },
  });
  acceptClients(page, (port) => engine.attach(port));

  const open = () => openWindow(page, join(outFolder, 'preload', 'index.cjs'));
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows();
    if (window === undefined) {
      if (app.isReady()) open();
      return;
    }
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  app.on('activate', () => {
    if (app.isReady() && BrowserWindow.getAllWindows().length === 0) open();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });

  // Runs end with the application: quitting waits until no observed process is left.
  let engineIsClosed = false;
  app.on('will-quit', (event) => {
    if (engineIsClosed) return;
    event.preventDefault();
    void engine
      .close()
      .catch((error: unknown) => console.error('The engine did not close:', error))
      .finally(() => {
        engineIsClosed = true;
        app.quit();
      });
  });

  app
    .whenReady()
    .then(() => {
      servePage(join(outFolder, 'renderer'));
      denyPermissions(session.defaultSession, page);
      setMenu(!app.isPackaged);
      open();
    })
    .catch((error: unknown) => {
      console.error('The application could not start:', error);
      app.exit(1);
    });
}
