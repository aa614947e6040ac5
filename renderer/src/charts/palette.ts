// The palette of tokens.css as the canvases need it. Read once for each theme, never in a frame.

const NAMES = {
  ground: '--ground',
  panel: '--panel',
  raised: '--raised',
  line: '--line',
  lineStrong: '--line-strong',
  ink: '--ink',
  inkSoft: '--ink-soft',
  inkFaint: '--ink-faint',
  blue: '--blue',
  cyan: '--cyan',
  green: '--green',
  amber: '--amber',
  red: '--red',
  violet: '--violet',
} as const;

export type Palette = Readonly<Record<keyof typeof NAMES | 'figuresFont', string>>;

/** Resolves the tokens as they apply to `element`. */
export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  const colors = Object.fromEntries(Object.entries(NAMES).map(([key, name]) => [key, read(name)])) as Record<
    keyof typeof NAMES,
    string
  >;
  return { ...colors, figuresFont: `10.5px ${read('--font-figures')}` };
}

/** A color of the palette (`#rrggbb`) with an opacity in [0, 1]. */
export function translucent(color: string, opacity: number): string {
  const hex = Math.round(opacity * 255).toString(16);
  return `${color}${hex.padStart(2, '0')}`;
}
