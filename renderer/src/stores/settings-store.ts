// What the user arranged: theme, pane sizes, the `node` for runs. Kept in this browser's or application's local storage.
// Runs in the page. What is stored is parsed, since an older version, or a person, may have written it.

import { useLocalStorage, usePreferredDark } from '@vueuse/core';
import { defineStore } from 'pinia';
import { computed, watchEffect } from 'vue';
import * as v from 'valibot';
import { GROUPINGS } from '../stream/lane-counts.ts';
import { desktopBridge } from '../transport/desktop-bridge.ts';
import { parseStored } from './parse-stored.ts';

export const THEME_CHOICES = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

/** By category, or along the learning path. */
export const CATALOGUE_ORDERS = ['topic', 'path'] as const;

export const DRAWER_TABS = ['objects', 'events', 'console', 'source', 'pictures'] as const;
export type DrawerTab = (typeof DRAWER_TABS)[number];

/** Sizes in pixels, with the bounds that the layout can bear at 1024 × 700. */
export const PANE_BOUNDS = {
  catalogueWidth: { default: 248, minimum: 184, maximum: 400 },
  inspectorWidth: { default: 332, minimum: 264, maximum: 560 },
  drawerHeight: { default: 232, minimum: 96, maximum: 900 },
} as const;
export type PaneName = keyof typeof PANE_BOUNDS;

const pane = (name: PaneName) =>
  v.fallback(
    v.pipe(v.number(), v.minValue(PANE_BOUNDS[name].minimum), v.maxValue(PANE_BOUNDS[name].maximum)),
    PANE_BOUNDS[name].default,
  );

const Settings = v.object({
  theme: v.fallback(v.picklist(THEME_CHOICES), 'system'),
  panes: v.fallback(
    v.object({
      catalogueWidth: pane('catalogueWidth'),
      inspectorWidth: pane('inspectorWidth'),
      drawerHeight: pane('drawerHeight'),
    }),
    {
      catalogueWidth: PANE_BOUNDS.catalogueWidth.default,
      inspectorWidth: PANE_BOUNDS.inspectorWidth.default,
      drawerHeight: PANE_BOUNDS.drawerHeight.default,
    },
  ),
  /** How the catalogue orders the scenarios. */
  catalogueOrder: v.fallback(v.picklist(CATALOGUE_ORDERS), 'topic'),
  drawerTab: v.fallback(v.picklist(DRAWER_TABS), 'objects'),
  timeline: v.fallback(
    v.object({
      grouping: v.fallback(v.picklist(GROUPINGS), 'site'),
      /** Times as the clock on the wall had them, instead of from the start of the run. */
      showsClock: v.fallback(v.boolean(), false),
    }),
    { grouping: 'site', showsClock: false },
  ),
  /** Empty: the host's own. */
  nodePath: v.fallback(v.string(), ''),
  /** Whether a run ends with a heap snapshot that tells what keeps the living alive. */
  explain: v.fallback(v.boolean(), true),
  /** The notice that the user closed, word for word: another one is shown again. */
  dismissedNotice: v.fallback(v.string(), ''),
});
export type Settings = v.InferOutput<typeof Settings>;

const STORAGE_KEY = 'heapline.settings.1';

/** Reads stored settings; what is missing or wrong becomes the default, one by one. */
export function parseSettings(stored: string): Settings {
  return parseStored(Settings, stored);
}

export const useSettingsStore = defineStore('settings', () => {
  const settings = useLocalStorage<Settings>(STORAGE_KEY, parseSettings('{}'), {
    serializer: { read: parseSettings, write: JSON.stringify },
    writeDefaults: false,
  });
  const prefersDark = usePreferredDark();
  const theme = computed(() => {
    if (settings.value.theme !== 'system') return settings.value.theme;
    return prefersDark.value ? 'dark' : 'light';
  });
  watchEffect(() => {
    document.documentElement.dataset.theme = theme.value;
  });
  watchEffect(() => desktopBridge()?.useTheme(settings.value.theme));

  function setPane(name: PaneName, sizePx: number): void {
    const { minimum, maximum } = PANE_BOUNDS[name];
    settings.value.panes[name] = Math.round(Math.min(maximum, Math.max(minimum, sizePx)));
  }
  return { settings, theme, setPane };
});
