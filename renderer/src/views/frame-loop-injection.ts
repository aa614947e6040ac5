// How parts of the window reach the application's one frame loop: provided by mount-application.ts, injected here.

import { inject, type InjectionKey } from 'vue';
import type { FrameLoop } from '../stream/frame-loop.ts';

export const FRAME_LOOP: InjectionKey<FrameLoop> = Symbol('frame loop');

/** The frame loop. @throws Error if the application was mounted without one */
export function useFrameLoop(): FrameLoop {
  const frameLoop = inject(FRAME_LOOP);
  if (frameLoop === undefined) throw new Error('The application was mounted without a frame loop.');
  return frameLoop;
}
