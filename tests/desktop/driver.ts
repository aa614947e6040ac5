// What the two ways to run the desktop application have in common: Electron itself, and the stand-in for it.

import type { Page } from 'playwright-core';
import type { Order } from './orders.ts';

export interface LaunchOptions {
  /** Words of the command line after the application. */
  readonly words: readonly string[];
  readonly workingDirectory: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Electron's folder for what it keeps. */
  readonly userData: string;
  /** For whatever else a launch needs; the caller removes it. */
  readonly folder: string;
  /** Instead of the built one, seen from the project's folder. */
  readonly mainPath?: string;
  /** Is called with each page before it loads anything. */
  readonly onPage: (page: Page) => void;
}

export interface Driver {
  /** When its main process was started, on this process's clock. */
  readonly startedAtMs: number;
  readonly pid: number;
  readonly exited: Promise<number | null>;
  /** What the main process printed so far. */
  output(): string;
  findPage(): Promise<Page>;
  /** The page of the same window, after its process crashed and it was loaded again. */
  findPageAfterCrash(): Promise<Page>;
  order(order: Order): Promise<unknown>;
  /** Starts the application once more while it runs, and waits for that launch's end. */
  launchAgain(words: readonly string[], workingDirectory: string): Promise<{ exitCode: number | null; output: string }>;
  /** Ends whatever is left. */
  end(): Promise<void>;
}
