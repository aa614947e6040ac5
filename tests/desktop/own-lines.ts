// What the application itself printed. Around it, Electron prints lines of Chromium's and of the debugger by which
// Playwright drives the main process.

/** Chromium's begin with a bracket, and the number of a process or the time. */
const NOT_OURS =
  /^\[\d+[:/]|^DevTools listening|^Debugger (?:listening|attached)|^For help, see: |^Waiting for the debugger/;

export function ownLines(output: string): string[] {
  return output.split(/\r?\n/).filter((line) => line.trim() !== '' && !NOT_OURS.test(line));
}
