import { describe, expect, it } from 'vitest';
import { PANE_BOUNDS, parseSettings } from './settings-store.ts';

describe('stored settings', () => {
  it('begin with the defaults where nothing, or nothing readable, is stored', () => {
    const defaults = parseSettings('{}');
    expect(defaults.theme).toBe('system');
    expect(defaults.panes.drawerHeight).toBe(PANE_BOUNDS.drawerHeight.default);
    for (const unreadable of ['', '{', 'null', '[]', '"text"', '7'])
      expect(parseSettings(unreadable)).toEqual(defaults);
  });

  it('keep what is good and replace what is not, one by one', () => {
    const settings = parseSettings(
      JSON.stringify({
        theme: 'dark',
        drawerTab: 'nonsense',
        nodePath: 7,
        panes: { catalogueWidth: 300, drawerHeight: -5 },
      }),
    );
    expect(settings.theme).toBe('dark');
    expect(settings.drawerTab).toBe('objects');
    expect(settings.nodePath).toBe('');
    expect(settings.panes.catalogueWidth).toBe(300);
    expect(settings.panes.drawerHeight).toBe(PANE_BOUNDS.drawerHeight.default);
  });

  it('survive being written and read again', () => {
    const settings = parseSettings(JSON.stringify({ theme: 'light', dismissedNotice: 'No display.' }));
    expect(parseSettings(JSON.stringify(settings))).toEqual(settings);
  });
});
