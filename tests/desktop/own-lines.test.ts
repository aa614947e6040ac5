import { expect, it } from 'vitest';
import { ownLines } from './own-lines.ts';

it('are what is neither Chromium’s nor the debugger’s', () => {
  const output = `[2736:0418/094503.439891:ERROR:bus.cc(399)] Failed to connect to the bus: no such file
[0323/181818.524:WARNING:sandbox_linux.cc(377)] InitializeSandbox() called with multiple threads
Debugger listening on ws://127.0.0.1:44091/2ef4c5be-737d-418f-a336-eff3528a93f2
For help, see: https://nodejs.org/en/docs/inspector
Debugger attached.\r
DevTools listening on ws://127.0.0.1:1/devtools/browser/2ef4c5be

Refused what app://heapline asked for.
[vite] is of somebody else
Waiting for the debugger to disconnect...
For help, see: https://nodejs.org/en/docs/inspector
`;
  expect(ownLines(output)).toEqual(['Refused what app://heapline asked for.', '[vite] is of somebody else']);
});
