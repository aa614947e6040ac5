declare module 'virtual:catalogue' {
  export const catalogue: import('../../engine/protocol/catalogue.ts').ScenarioDescription[];
  /** PNG files in base64. */
  export const pictures: string[];
}
