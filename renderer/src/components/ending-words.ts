// What a guess says, in words. The one place in the page that words endings.

import type { Ending } from '../../../engine/protocol/vocabulary.ts';

export const ENDING_WORDS: Record<Ending, { title: string; help: string }> = {
  finalized: { title: 'Called back', help: 'They are collected, and their callbacks run.' },
  never: { title: 'Never', help: 'No callback, for as long as the process lives.' },
  late: { title: 'Late', help: 'The callbacks run, but long after there was nothing to wait for.' },
  dies: { title: 'It dies', help: 'The process ends on an error first.' },
};
