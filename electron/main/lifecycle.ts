// The desktop application from its start to its end: one instance, one engine, windows that come and go.

import { app, BrowserWindow, nativeTheme, session } from 'electron';
import { join } from 'node:path';
import * as v from 'valibot';
import { isRecordingName } from '../../engine/protocol/recording-origin.ts';
import { aboutPanel } from './about.ts';
import { builtPaths } from './built-paths.ts';
import { acceptPage } from './client-port.ts';
import { watchGoingRuns } from './going-runs.ts';
import { guardQuit } from './guard-quit.ts';
import { createLateEngine } from './late-engine.ts';
import { createListeningPages } from './listening-pages.ts';
import { setMenu } from './menu.ts';
import { addressWithScript, canBeOpened, chooseScript, fileOfCommandLine } from './open-script.ts';
import { choosePage } from './page.ts';
import { showScript, tellPage, tellRecording, type PageCommand } from './page-messages.ts';
import { registerPageScheme, servePage } from './page-protocol.ts';
import { createRecentScripts, RecentScriptPaths } from './recent-scripts.ts';
import { createRecordings } from './recordings.ts';
import { recoverCrashedPages } from './recover-page.ts';
import { confineAllContents, denyPermissions, openOutside } from './security.ts';
import { openStateFile } from './state-file.ts';
import { showSystemSigns } from './system-signs.ts';
import { WindowState } from './window-state.ts';
import { frontWindow, openWindow } from './window.ts';

/** As `build.appId` of the installers: by it, Windows files windows and notices under the application. */
const APPLICATION_ID = 'dev.heapline.desktop';

/** @param options.outFolder everything that was built, absolute */
export function startDesktop({ outFolder }: { outFolder: string }): void {
  const page = choosePage(app.isPackaged, process.env['ELECTRON_RENDERER_URL']);
  // While developing, the one before a change may still be ending.
  if (!page.isInDevelopment && !app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.setAppUserModelId(APPLICATION_ID);
  app.enableSandbox();
  registerPageScheme();
  confineAllContents(page);
  recoverCrashedPages();

  const cannotStart = (error: unknown): void => {
    console.error('The application could not start:', error);
    app.exit(1);
  };
  const paths = builtPaths(outFolder);
  const inUserData = (name: string) => join(app.getPath('userData'), name);
  const windowState = openStateFile(inUserData('window.json'), v.optional(WindowState), undefined);
  const recentFile = openStateFile(inUserData('recent-scripts.json'), RecentScriptPaths, []);
  const recent = createRecentScripts(recentFile, () => refreshMenu());

  const engine = createLateEngine(async () => (await import('./desktop-engine.ts')).createDesktopEngine(paths));
  const runs = watchGoingRuns(engine);
  runs.onScript((path) => recent.add(path));
  guardQuit(runs);
  showSystemSigns(runs, () => show(undefined));

  const pages = createListeningPages();
  app.on('web-contents-created', (_event, contents) => contents.on('did-navigate', () => pages.isGone(contents)));
  app.on('render-process-gone', (_event, contents) => pages.isGone(contents));

  const recordings = createRecordings({
    engine,
    pages,
    tell: tellRecording,
    onFile: (path) => recent.add(path),
    onShown: () => refreshMenu(),
  });
  const inWindowOf = (contents: Electron.WebContents, act: (window: BrowserWindow) => void): void => {
    const window = BrowserWindow.fromWebContents(contents);
    if (window !== null) act(window);
  };

  acceptPage(page, {
    onClient: (port, contents) => {
      engine.load().catch(cannotStart);
      engine.attach(port);
      pages.listens(contents);
    },
    onChooseScript: (contents) => letChoose(BrowserWindow.fromWebContents(contents) ?? undefined),
    onTheme: (theme) => {
      nativeTheme.themeSource = theme;
      refreshMenu();
    },
    onChooseRecording: (contents) => inWindowOf(contents, recordings.choose),
    onOpenRecording: (contents, path) => recordings.open(path, contents),
    onSaveRecording: (contents, runId) => inWindowOf(contents, (window) => recordings.save(window, runId)),
    onCancelRecording: () => recordings.cancel(),
    onShowRecording: () => recordings.showInFolder(),
    onShownRun: (runId) => recordings.showsRun(runId),
  });

  const open = (script?: string): BrowserWindow =>
    openWindow(addressWithScript(page, script), paths.preload, windowState);
  const tellOfScript = (window: BrowserWindow, script: string): void =>
    pages.whenListening((contents) => showScript(contents, script), window.webContents);
  /** In the window that is there, or in a new one. */
  const show = (script: string | undefined): void => {
    const [window] = BrowserWindow.getAllWindows();
    if (window === undefined) {
      if (app.isReady()) open(script);
      else firstScript = script ?? firstScript;
    } else {
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
      if (script !== undefined) tellOfScript(window, script);
    }
    if (script !== undefined) recent.add(script);
  };
  /** A script is shown, a recording is opened; neither is run. */
  const showFile = (path: string | undefined): void => {
    if (path === undefined || !isRecordingName(path)) return show(path);
    recordings.open(path);
    show(undefined);
  };
  const letChoose = (window: BrowserWindow | undefined): void => {
    chooseScript(window)
      .then((script) => {
        if (script === undefined || window?.isDestroyed() === true) return;
        if (window === undefined) return show(script);
        tellOfScript(window, script);
        recent.add(script);
      })
      .catch((error: unknown) => console.error('The dialog could not be opened:', error));
  };
  const tell = (command: PageCommand): void => {
    if (frontWindow() === undefined) show(undefined);
    pages.whenListening((contents) => tellPage(contents, command));
  };
  const refreshMenu = (): void => {
    if (!app.isReady()) return;
    setMenu({
      platform: process.platform,
      isDevelopment: !app.isPackaged,
      recentFiles: recent.paths,
      canSaveRecording: recordings.canSave,
      canShowRecording: recordings.hasFile,
      theme: nativeTheme.themeSource,
      openScript: () => letChoose(frontWindow()),
      openRecent: showFile,
      clearRecent: () => recent.clear(),
      tell,
      showAbout: () => app.showAboutPanel(),
      openOutside,
    });
  };

  /** A packaged application is one word of its command line, one that is run from its folder two. */
  const wordsOf = (commandLine: readonly string[]) => commandLine.slice(app.isPackaged ? 1 : 2);
  let firstScript: string | undefined;
  showFile(fileOfCommandLine(wordsOf(process.argv), process.cwd()));
  app.on('second-instance', (_event, commandLine, workingDirectory) =>
    showFile(fileOfCommandLine(wordsOf(commandLine), workingDirectory)),
  );
  // The file manager of macOS tells by this event, also before the application is ready.
  app.on('open-file', (event, path) => {
    event.preventDefault();
    showFile(canBeOpened(path) ? path : undefined);
  });
  app.on('activate', () => {
    if (app.isReady() && BrowserWindow.getAllWindows().length === 0) open();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });

  // Runs end with the application: quitting waits until no observed process is left, and what is remembered is written.
  let isDone = false;
  app.on('will-quit', (event) => {
    if (isDone) return;
    event.preventDefault();
    void Promise.all([recordings.finish().then(() => engine.close()), windowState.flush(), recentFile.flush()])
      .catch((error: unknown) => console.error('The engine did not close:', error))
      .finally(() => {
        isDone = true;
        app.quit();
      });
  });

  app
    .whenReady()
    .then(() => {
      servePage(paths.page);
      denyPermissions(session.defaultSession, page);
      app.setAboutPanelOptions(aboutPanel(process.platform));
      refreshMenu();
      open(firstScript);
    })
    .catch(cannotStart);
}
