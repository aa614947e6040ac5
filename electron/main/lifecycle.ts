// The desktop application from its start to its end: one instance, one engine, windows that come and go.

import { app, BrowserWindow, session } from 'electron';
import { join } from 'node:path';
import { SCENARIOS } from '../../engine/scenarios/index.ts';
import { createEngine } from '../../engine/session/engine.ts';
import { createNodeLauncher } from '../../engine/session/node-launcher.ts';
import { ownScenariosFolder } from '../../engine/session/own-scenarios.ts';
import { acceptPage } from './client-port.ts';
import { createDesktopLauncher } from './launcher.ts';
import { setMenu } from './menu.ts';
import { addressWithScript, chooseScript, scriptOfCommandLine, showScript } from './open-script.ts';
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
    ownScenarios: {
      folder: ownScenariosFolder(),
      loaderPath: join(outFolder, 'engine', 'scenario-loader.mjs'),
      templatePath: join(outFolder, 'engine', 'scenario-template.mjs'),
    },
    rendezvous: { onProblem: (problem) => console.error(`No other process can be watched. ${problem}`) },
  });
  const letChoose = (window: BrowserWindow | null) => {
    if (window === null) return;
    chooseScript(window).catch((error: unknown) => console.error('The dialog could not be opened:', error));
  };
  acceptPage(page, {
    onClient: (port) => engine.attach(port),
    onChooseScript: (contents) => letChoose(BrowserWindow.fromWebContents(contents)),
  });

  const open = (script?: string) =>
    openWindow(addressWithScript(page, script), join(outFolder, 'preload', 'index.cjs'));
  /** In the window that is there, or in a new one. */
  const show = (script: string | undefined) => {
    const [window] = BrowserWindow.getAllWindows();
    if (window === undefined) {
      if (app.isReady()) open(script);
      else firstScript = script ?? firstScript;
      return;
    }
    if (window.isMinimized()) window.restore();
    window.focus();
    if (script !== undefined) showScript(window, script);
  };
  /** A packaged application is one word of its command line, one that is run from its folder two. */
  const wordsOf = (commandLine: readonly string[]) => commandLine.slice(app.isPackaged ? 1 : 2);
  let firstScript = scriptOfCommandLine(wordsOf(process.argv), process.cwd());
  app.on('second-instance', (_event, commandLine, workingDirectory) =>
    show(scriptOfCommandLine(wordsOf(commandLine), workingDirectory)),
  );
  // The file manager of macOS tells by this event, also before the application is ready.
  app.on('open-file', (event, path) => {
    event.preventDefault();
    show(path);
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
      setMenu({ isDevelopment: !app.isPackaged, openScript: () => letChoose(BrowserWindow.getFocusedWindow()) });
      open(firstScript);
    })
    .catch((error: unknown) => {
      console.error('The application could not start:', error);
      app.exit(1);
    });
}
