// Built and loaded before the built main process (`node --import`): whoever imports or requires `electron` gets the stand-in.

import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' || specifier === 'electron/main'
      ? { url: new URL('electron.js', import.meta.url).href, format: 'module', shortCircuit: true }
      : next(specifier, context),
});
