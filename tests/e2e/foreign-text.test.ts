// What a program calls its file, its objects, its marks and its errors, with what a terminal or a page acts on in it: real
// programs in the real served host. Nothing of it may reach the document, its title or a canvas as it is.

import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ACTED_UPON } from '../../engine/protocol/visible-text.ts';
import { launchBrowser } from './browser.ts';
import { serveApplication, type ServedApplication } from './served-application.ts';
import { workbench, type Workbench } from './workbench.ts';

/** Turns the direction of writing, writes the clipboard of a terminal, and a character that no font has. */
const HOSTILE = '\u202e\u001b]52;c;aGk=\u0007\u0001\u2066';
const SHOWN = String.raw`\u202e\u001b]52;c;aGk=\u0007\u0001\u2066`;
/** File names have no zero character. */
const FILE = `shop${HOSTILE}.mjs`;
const PROGRAM = `const hostile = ${JSON.stringify(`${HOSTILE}\0`)};
const registry = new FinalizationRegistry(() => {});
class Session {}
Object.defineProperty(Session, 'name', { value: 'Session' + hostile });
const kept = new Map();
for (let index = 0; index < 3; index += 1) {
  const session = new Session();
  kept.set('key ' + hostile + index, session);
  registry.register(session, 'label ' + hostile + index);
}
globalThis.kept = kept;
console.log('printed ' + hostile);
console.error('complained ' + hostile);
// Short enough to be written on the timeline.
performance.mark('begin\\u202e');
await new Promise((resolve) => setTimeout(resolve, 400));
performance.mark('mark ' + hostile);
// A comment of ${HOSTILE} the source.
const error = new Error('refused ' + hostile);
error.name = 'Hostile' + hostile;
throw error;
`;

let browser: Browser;
let application: ServedApplication;
let folder: string;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'hl-foreign-')));
  application = await serveApplication(browser, { environment: { HEAPLINE_RENDEZVOUS: join(folder, 'meet') } });
});
afterEach(async () => {
  await application.close();
  await rm(folder, { recursive: true, force: true });
});

/** Every text and readable attribute of the document and its shadow roots, its title, and what was written on canvases. */
const everythingShown = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const shown: string[] = [document.title, ...(Reflect.get(window, 'writtenOnCanvas') as Set<string>)];
    const read = (root: Document | ShadowRoot): void => {
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        if (node instanceof Text) shown.push(node.data);
        if (!(node instanceof Element)) continue;
        for (const { name, value } of node.attributes) if (name !== 'value') shown.push(value);
        if (node.shadowRoot !== null) read(node.shadowRoot);
      }
    };
    read(document);
    return shown;
  });

async function expectNothingActive({ page }: Workbench): Promise<string> {
  const shown = await everythingShown(page);
  const active = new RegExp(ACTED_UPON.source);
  expect(shown.filter((text) => active.test(text))).toEqual([]);
  return shown.join('\n');
}

it('is made visible wherever the page shows it', async () => {
  await writeFile(join(folder, FILE), PROGRAM);
  const client = await application.connect();
  await client.request({
    type: 'start-run',
    program: { kind: 'file', path: join(folder, FILE), args: [] },
    explain: true,
  });
  const page = workbench(
    await application.openPage({
      prepare: (prepared) =>
        prepared.addInitScript(() => {
          const written = new Set<string>();
          Reflect.set(window, 'writtenOnCanvas', written);
          const { fillText } = CanvasRenderingContext2D.prototype;
          CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
            written.add(text);
            fillText.call(this, text, ...place);
          };
        }),
    }),
  );
  expect(await page.ended()).toMatch(/^Threw/);
  await page.inspector.getByText(`refused ${SHOWN}`).first().waitFor();
  expect(await page.page.title()).toBe(`shop${SHOWN}.mjs – Heapline`);

  await page.objects.getByText(`label ${SHOWN}\\u00000`).click();
  await page.page.getByRole('region', { name: 'Selected object' }).getByText(SHOWN).first().waitFor();
  let shown = await expectNothingActive(page);
  // In the tables, on the timeline, in tooltips and to a screen reader.
  await page.page.keyboard.press('Escape');
  for (const tab of ['Events', 'Console', 'Source'] as const) {
    await page.openTab(tab);
    await page.page.getByRole('tabpanel').getByText(SHOWN).first().waitFor();
    shown += await expectNothingActive(page);
  }
  for (const text of ['mark', 'printed']) expect(shown.includes(`${text} ${SHOWN}\\u0000`)).toBe(true);
  // The editor in place of the plain source.
  await page.page.getByRole('tabpanel').getByText('A comment of').click();
  await page.page.locator('.cm-specialChar').first().waitFor();
  await expectNothingActive(page);
  const written = await page.page.evaluate(() => [...(Reflect.get(window, 'writtenOnCanvas') as Set<string>)]);
  expect(written).toContain(String.raw`begin\u202e`);
});
