import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useMessageStore } from './message-store.ts';
import { useOpeningStore } from './opening-store.ts';
import { useRunStore } from './run-store.ts';
import { useScriptsStore } from './scripts-store.ts';

// The settings store keeps to a browser's window; what it does is not what is tested here.
vi.mock('./settings-store.ts', () => ({
  useSettingsStore: () => ({ settings: { nodePath: '', drawerTab: 'objects' } }),
}));

const chooseScript = vi.fn();
const openDroppedRecording = vi.fn();
/** As the desktop application's preload script does it: a path for a file of the disk, none for one made by the page. */
const showDesktop = () =>
  vi.stubGlobal('window', {
    addEventListener() {},
    removeEventListener() {},
    heaplineDesktop: {
      connect() {},
      chooseScript,
      useTheme: () => {},
      chooseRecording() {},
      openDroppedRecording,
      saveRecording() {},
      cancelRecording() {},
      showsRun() {},
      showRecording() {},
      pathOfFile: ({ name }: File) => (name.startsWith('made') ? '' : `/dropped/${name}`),
    },
  });
const showBrowser = () => vi.stubGlobal('window', { addEventListener() {}, removeEventListener() {} });

describe('opening a script', () => {
  beforeEach(() => {
    showBrowser();
    setActivePinia(createPinia());
    chooseScript.mockClear();
  });
  afterEach(() => vi.unstubAllGlobals());

  it('is the system’s dialog in the desktop application, and the page’s in a browser', () => {
    const opening = useOpeningStore();
    opening.openScript();
    expect(opening.browse?.picks).toBe('script');
    opening.browse = undefined;
    showDesktop();
    opening.openScript();
    expect(opening.browse).toBeUndefined();
    expect(chooseScript).toHaveBeenCalledOnce();
  });

  it('takes a dropped file by its path where that is known, and its text where it is not', async () => {
    const opening = useOpeningStore();
    const run = useRunStore();
    await opening.takeDropped(new File(['let a = 1;'], 'leak.cts'), false);
    expect(run.subject).toEqual({ kind: 'scratch' });
    expect(useScriptsStore()).toMatchObject({ scratchName: 'leak.cts', scratchText: 'let a = 1;' });
    showDesktop();
    vi.spyOn(run, 'openScript').mockImplementation(() => {});
    await opening.takeDropped(new File(['let b = 2;'], 'leak.cts'), false);
    expect(run.openScript).toHaveBeenCalledWith('/dropped/leak.cts');
    await opening.takeDropped(new File(['let c = 3;'], 'made.cts'), false);
    expect(useScriptsStore().scratchText).toBe('let c = 3;');
  });

  it('hands a dropped recording to the desktop application, and never takes it for a script', async () => {
    showDesktop();
    const opening = useOpeningStore();
    const file = new File(['HEAPLINE'], 'leak.mjs.Heapline');
    await opening.takeDropped(file, false);
    expect(openDroppedRecording).toHaveBeenCalledExactlyOnceWith(file);
    // One that lies nowhere cannot be opened by its path.
    await opening.takeDropped(new File(['HEAPLINE'], 'made.heapline'), false);
    expect(openDroppedRecording).toHaveBeenCalledOnce();
    expect(useMessageStore().toasts).toMatchObject([{ title: 'made.heapline was not opened' }]);
    expect(useScriptsStore().scratchText).toContain('openSessions');
  });

  it.each<[name: string, content: BlobPart, isFolder: boolean, words: RegExp]>([
    ['folder.mjs', '', true, /It is a folder/],
    ['photo.png', '', false, /neither a recording nor a script/],
    ['zero.js', 'a\0b', false, /zero bytes/],
    ['latin.js', new Uint8Array([0x63, 0x61, 0x66, 0xe9]), false, /UTF-8/],
    ['large.js', ' '.repeat(4 * 1024 * 1024 + 1), false, /too large/],
  ])('refuses %s kindly, and keeps the scratch', async (name, content, isFolder, words) => {
    await useOpeningStore().takeDropped(new File([content], name), isFolder);
    expect(useMessageStore().toasts).toMatchObject([
      { title: `${name} was not opened`, text: expect.stringMatching(words) },
    ]);
    expect(useScriptsStore().scratchText).toContain('openSessions');
    expect(useRunStore().subject).toBeUndefined();
  });
});
