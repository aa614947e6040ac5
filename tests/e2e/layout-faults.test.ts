// What looks for faults of layout finds them where they were planted, each kind, and nothing where a page is as it should be.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from './browser.ts';
import { findLayoutFaults } from './layout-faults.ts';

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 800, height: 600 } });
});
afterAll(() => browser.close());

async function faultsOf(body: string): Promise<string[]> {
  await page.setContent(
    `<!doctype html><style>body { margin: 8px; font: 12px/20px sans-serif } button { height: 24px }</style>${body}`,
  );
  return findLayoutFaults(page);
}

const LONG = 'A sentence that is a good deal longer than the box that it stands in';

describe('text', () => {
  it.each([
    ['cut by its own box', `<p style="width: 120px; overflow: hidden; white-space: nowrap">${LONG}</p>`],
    ['cut by a pane', `<div style="height: 30px; overflow: hidden"><p>One</p><p>Two</p></div>`],
    [
      'half cut upright',
      '<div style="height: 14px; overflow: hidden; position: relative"><p style="margin-top: 5px">One</p></div>',
    ],
    [
      'cut by an ancestor further out',
      `<div style="width: 120px; overflow: hidden"><div style="width: 400px"><p>${LONG}</p></div></div>`,
    ],
    [
      'beyond the window',
      `<body style="overflow: hidden"><p style="position: absolute; left: 700px; white-space: nowrap">${LONG}</p>`,
    ],
  ])('is found where it is %s', async (_title, body) => {
    const faults = await faultsOf(body);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^“.+” \(.+\) is cut by /);
  });

  it('is found where an ellipsis shortens it and nothing tells the whole', async () => {
    const shortened = (title: string) =>
      `<p ${title} style="width: 120px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap">${LONG}</p>`;
    expect(await faultsOf(shortened(''))).toEqual([expect.stringContaining('no title tells the whole')]);
    expect(await faultsOf(shortened(`title="${LONG}"`))).toEqual([]);
  });

  it('is found where it lies on other text', async () => {
    const faults = await faultsOf(
      '<p>Used 12 MB</p><p style="margin-top: -26px; margin-left: 20px">External 61 MB</p>',
    );
    expect(faults).toEqual([
      expect.stringMatching(/^“Used 12 MB”.+ and “External 61 MB”.+ overlap by \d+ × \d+ px\.$/),
    ]);
  });

  it('may be scrolled to, be hidden from the eye, or be covered by what is open over the page', async () => {
    const faults = await faultsOf(`
      <div style="height: 40px; overflow: auto; width: 200px"><p>One</p><p>Two</p><p>Three</p><p>Four</p></div>
      <p style="position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)">${LONG}</p>
      <p style="visibility: hidden; width: 20px; overflow: hidden">${LONG}</p>
      <p>Under the menu</p>
      <div style="position: absolute; top: 0; left: 0; width: 300px; height: 200px; background: white">Open</div>
    `);
    expect(faults).toEqual([]);
  });

  it('is found where what lies over it can be looked through', async () => {
    const faults = await faultsOf('<p>Under it</p><div style="position: absolute; top: 20px; left: 8px">Over it</div>');
    expect(faults).toEqual([expect.stringContaining('overlap')]);
  });

  it('may wrap, in as many lines as it takes, close to one another', async () => {
    expect(await faultsOf(`<p style="width: 90px; line-height: 13px">${LONG} <b>in bold</b></p>`)).toEqual([]);
  });
});

describe('controls', () => {
  it('are found where they overlap', async () => {
    const faults = await faultsOf(
      '<button>Run</button><button style="margin-left: -20px">&nbsp; &nbsp; &nbsp; Stop</button>',
    );
    expect(faults).toContainEqual(expect.stringMatching(/^The controls “Run”.+ and “Stop”.+ overlap by/));
  });

  it('are found where they are too low to be hit', async () => {
    const faults = await faultsOf(
      '<button style="height: 14px; padding: 0; border: 0; line-height: 12px">Run</button>',
    );
    expect(faults).toEqual([expect.stringMatching(/^The control “Run”.+ is only 14 px high\.$/)]);
  });

  it('are found where a pane cuts them', async () => {
    const faults = await faultsOf(
      '<div style="position: relative; height: 40px; width: 60px; overflow: hidden"><button style="position: absolute; left: 20px; width: 60px" aria-label="Run"></button></div>',
    );
    expect(faults).toEqual([expect.stringMatching(/^The control “Run”.+ is cut by div, by 20 px sideways\.$/)]);
  });

  it('may stand in a sentence, beside a label that is high enough, and in one another’s rows', async () => {
    const faults = await faultsOf(`
      <p>Read <a href="#">the whole story</a> of it.</p>
      <label style="display: block; height: 20px"><input type="checkbox" style="margin: 0; height: 13px"> Alive only</label>
      <div role="option" style="height: 26px"><button>Open</button></div>
    `);
    expect(faults).toEqual([]);
  });
});

describe('what scrolls sideways', () => {
  it('is found, unless it is code', async () => {
    const wide = '<div style="width: 900px; height: 20px"></div>';
    expect(await faultsOf(`<div class="pane" style="width: 300px; overflow: auto">${wide}</div>`)).toEqual([
      'div.pane scrolls sideways by 600 px.',
    ]);
    expect(await faultsOf(`<pre style="width: 300px; overflow: auto">${wide}</pre>`)).toEqual([]);
  });
});
