// The options that a client gives to the `node` of a script. Runs in the session; called for each script that is started.

import { Refused } from './refused.ts';

/** With these, Node runs something else than the script, runs it elsewhere, or does not run it at all. */
const REFUSED_OPTIONS: Readonly<Record<string, string>> = {
  ...sameReason('Node.js runs the text in the option instead of the script', ['-e', '--eval', '-p', '--print', '-pe']),
  ...sameReason('Node.js runs something else than the script', ['--run', '--prof-process', '--snapshot-blob']),
  ...sameReason('Node.js does not run the script to its end', [
    ...['-c', '--check', '-i', '--interactive', '-v', '--version', '-h', '--help', '--v8-options', '--completion-bash'],
    ...['--build-snapshot', '--build-snapshot-config', '--build-sea', '--experimental-sea-config'],
  ]),
  ...sameReason('Node.js runs the script in other processes, again and again', [
    ...['--watch', '--watch-path', '--watch-preserve-output', '--watch-kill-signal'],
  ]),
};

function sameReason(reason: string, options: readonly string[]): Record<string, string> {
  return Object.fromEntries(options.map((option) => [option, reason]));
}

/** @throws Refused `bad-parameter` where a script could not be observed with them */
export function checkNodeArgs(nodeArgs: readonly string[]): void {
  for (const word of nodeArgs) {
    if (word.includes('\0')) throw new Refused('bad-parameter', 'An option of Node.js contains a zero byte.');
    const refuse = (reason: string, allowed: string) =>
      new Refused(
        'bad-parameter',
        `${JSON.stringify(word)} cannot be given to Node.js here: ${reason}. Allowed: ${allowed}.`,
      );
    // Node would take the first such word for the script.
    if (!/^-[^-]|^--[^=]/.test(word)) {
      throw refuse('it is not an option', 'an option with its value in the same word, such as --require=./file.cjs');
    }
    const [name = ''] = word.split('=');
    const reason = REFUSED_OPTIONS[name.replaceAll('_', '-')];
    if (reason !== undefined) throw refuse(reason, 'options under which Node.js runs the script itself');
  }
}
