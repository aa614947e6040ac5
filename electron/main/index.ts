// Entry of the desktop application's main process. Built to out/main/index.js.

import { join } from 'node:path';
import { startDesktop } from './lifecycle.ts';

startDesktop({ outFolder: join(import.meta.dirname, '..') });
