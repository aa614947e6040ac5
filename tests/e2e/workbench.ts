// What a person does and reads in the page, by the names that it gives its parts. Used by the end-to-end tests and by
// whoever takes pictures or measures.

import type { Locator, Page } from 'playwright-core';

/** Figures of the status line under everything. */
export interface StatusFigures {
  readonly registered: number;
  readonly callbacks: number;
  readonly minor: number;
  readonly major: number;
  readonly forced: number;
  readonly droppedRows: number;
  readonly samples: number;
}

/** Pixels of a canvas that are painted, and how much of its width they reach over. */
export interface Painted {
  readonly pixels: number;
  readonly colors: number;
  readonly reach: number;
}

const END_TIMEOUT_MS = 45_000;
const numberIn = (text: string, pattern: RegExp) => Number((pattern.exec(text)?.[1] ?? 'NaN').replaceAll(',', ''));

export function workbench(page: Page) {
  const status = page.getByRole('contentinfo', { name: 'Status' });
  const inspector = page.getByRole('group', { name: 'Inspector' });
  const runButton = page.getByRole('button', { name: /^Run Ctrl/ });
  const self = {
    page,
    status,
    inspector,
    runButton,
    stopButton: page.getByRole('button', { name: 'Stop', exact: true }),
    search: page.getByRole('searchbox', { name: 'Search scenarios' }),
    timeline: page.getByRole('region', { name: 'Timeline of the run' }),
    toasts: page.getByRole('region', { name: 'Messages' }),
    banner: page.locator('[role="alert"]', { hasText: 'Connection lost.' }),
    objects: page.getByRole('grid', { name: 'Registered objects' }),

    scenario: (title: string): Locator =>
      page.getByRole('navigation', { name: 'Scenarios' }).getByRole('button', { name: new RegExp(`^${title}`) }),
    async choose(title: string): Promise<void> {
      await self.scenario(title).click();
      await page.getByRole('heading', { level: 2, name: title }).waitFor();
    },
    /** Returns once the new run has begun. */
    async run(): Promise<void> {
      const before = await self.state();
      await runButton.click();
      // A short run may be over by now, so a button that can be pressed while it goes on tells nothing.
      await page.waitForFunction((past) => {
        const state = document.querySelector('footer .state')?.textContent.replace(/\s+/g, ' ').trim();
        return state !== past && state !== 'Starting';
      }, before);
    },
    began: () => self.stopButton.and(page.locator(':enabled')).waitFor(),
    /** Waits for the end of the shown run. @returns its words, such as `Finished in 1.52 s` */
    async ended(): Promise<string> {
      await status
        .getByText(/^(Finished|Stopped|Left|Exited|Timed out|Threw|Crashed|Out of memory)/)
        .waitFor({ timeout: END_TIMEOUT_MS });
      return self.state();
    },
    state: async () => ((await status.locator('.state').textContent()) ?? '').replace(/\s+/g, ' ').trim(),

    async figures(): Promise<StatusFigures> {
      const text = ((await status.textContent()) ?? '').replace(/\s+/g, ' ');
      return {
        registered: numberIn(text, /registered ([\d,]+)/),
        callbacks: numberIn(text, /callbacks ([\d,]+)/),
        minor: numberIn(text, /([\d,]+) minor/),
        major: numberIn(text, /([\d,]+) major/),
        forced: text.includes('forced)') ? numberIn(text, /\(([\d,]+) forced\)/) : 0,
        droppedRows: numberIn(text, /dropped rows ?([\d,]+)/),
        samples: numberIn(text, /samples ?([\d,]+)/),
      };
    },
    /** The verdict table: title → count. */
    async verdicts(): Promise<Record<string, number>> {
      const rows = page.getByRole('table', { name: /What became of/ }).getByRole('row');
      const entries = await rows.evaluateAll((elements) =>
        elements.map((row) => [
          row.querySelector('th')?.textContent.trim() ?? '',
          Number(row.querySelector('.count')?.textContent.replaceAll(',', '')),
        ]),
      );
      return Object.fromEntries(entries) as Record<string, number>;
    },
    openTab: (name: 'Objects' | 'Events' | 'Console' | 'Source' | 'Pictures') =>
      page.getByRole('tab', { name: new RegExp(`^${name}`) }).click(),
    /** The count beside a tab's title. */
    async tabCount(name: 'Objects' | 'Events' | 'Console' | 'Pictures'): Promise<number> {
      const text = (await page.getByRole('tab', { name: new RegExp(`^${name}`) }).textContent()) ?? '';
      return numberIn(text, /([\d,]+)/);
    },
    /** Rows of the open table that are in sight, cell by cell. */
    rowsInSight: (grid: Locator): Promise<string[][]> =>
      grid
        .locator('.body [role="row"]')
        .evaluateAll((rows) =>
          rows.map((row) => [...row.querySelectorAll('[role="gridcell"]')].map((cell) => cell.textContent.trim())),
        ),

    strip: (name: 'Overview' | 'Heap' | 'Garbage collections' | 'Blocked thread' | 'Lifelines'): Locator =>
      self.timeline.getByRole('img', { name: new RegExp(`^${name}`) }),
    summary: async (name: 'Overview' | 'Heap' | 'Garbage collections' | 'Blocked thread' | 'Lifelines') =>
      (await self.strip(name).getAttribute('aria-label')) ?? '',
    /** What is painted on a strip, at least a quarter opaque and not the ground. */
    painted: (name: 'Overview' | 'Heap' | 'Garbage collections' | 'Lifelines'): Promise<Painted> =>
      self.strip(name).evaluate((element) => {
        if (!(element instanceof HTMLCanvasElement)) throw new Error('Not a canvas.');
        const { width, height } = element;
        // A copy is read: reading the canvas itself would take its drawing from the graphics processor.
        const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
        copy.drawImage(element, 0, 0);
        const { data } = copy.getImageData(0, 0, width, height);
        const colors = new Set<number>();
        let pixels = 0;
        let left = width;
        let right = 0;
        for (let at = 0; at < data.length; at += 4) {
          if (data[at + 3]! < 64) continue;
          pixels += 1;
          colors.add((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!);
          const x = (at / 4) % width;
          left = Math.min(left, x);
          right = Math.max(right, x);
        }
        return { pixels, colors: colors.size, reach: Math.max(0, (right - left + 1) / width) };
      }),
    theme: () => page.evaluate(() => document.documentElement.dataset['theme']),
    async chooseTheme(title: 'Like the system' | 'Light' | 'Dark'): Promise<void> {
      await page.getByRole('button', { name: /^Theme:/ }).click();
      await page.getByRole('menuitemradio', { name: title }).click();
    },
  };
  return self;
}
export type Workbench = ReturnType<typeof workbench>;
