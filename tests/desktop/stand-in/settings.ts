// What the test tells the stand-in at its start, through one environment variable that observed processes never see.

export interface StandInSettings {
  /** Of the Chromium that shows the windows, `ws://127.0.0.1:…`; absent in a launch that only hands over to the first. */
  readonly developerTools?: string;
  /** Electron's folder for what it keeps; two launches with the same one are one application. */
  readonly userData: string;
  /** The application's own folder. */
  readonly projectFolder: string;
  /** Is loaded first in a process that stands in for a utility process. */
  readonly utilityStart: string;
}

const VARIABLE = 'HEAPLINE_ELECTRON_STAND_IN';

export const environmentOf = (settings: StandInSettings): Record<string, string> => ({
  [VARIABLE]: JSON.stringify(settings),
});

export const settings = JSON.parse(process.env[VARIABLE] ?? '{}') as StandInSettings;
delete process.env[VARIABLE];
