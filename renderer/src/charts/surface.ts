// A canvas that keeps its bitmap at the size of its box in device pixels. Drawn on in CSS pixels.

import type { Disposable } from '../../../engine/protocol/port.ts';
import { visibleText } from '../../../engine/protocol/visible-text.ts';

export interface Surface extends Disposable {
  readonly canvas: HTMLCanvasElement;
  readonly width: number;
  readonly height: number;
  /** Grows with every change of size: the bitmap is empty then. */
  readonly revision: number;
  /** The context, cleared and scaled to CSS pixels. */
  begin(): CanvasRenderingContext2D;
}

/** `onResize` is called after the size has changed, so that the frame loop can be woken. */
export function createSurface(canvas: HTMLCanvasElement, onResize: () => void): Surface {
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('This browser offers no 2D canvas.');
  writeVisibly(context);
  let width = 0;
  let height = 0;
  let ratio = 0;
  let revision = 0;

  function measure(): void {
    const nextRatio = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = canvas;
    if (clientWidth === width && clientHeight === height && nextRatio === ratio) return;
    width = clientWidth;
    height = clientHeight;
    ratio = nextRatio;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    revision++;
    onResize();
  }
  const observer = new ResizeObserver(measure);
  observer.observe(canvas);
  // A window that moves to another screen keeps its size and changes its ratio.
  window.addEventListener('resize', measure);
  measure();

  return {
    canvas,
    get width() {
      return width;
    },
    get height() {
      return height;
    },
    get revision() {
      return revision;
    },
    begin() {
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      return context;
    },
    [Symbol.dispose]() {
      observer.disconnect();
      window.removeEventListener('resize', measure);
    },
  };
}

/** Names of marks and lanes are the program's: they are written, and measured, as they can be read. */
function writeVisibly(context: CanvasRenderingContext2D): void {
  const { fillText, measureText } = context;
  context.fillText = (text, ...place) => fillText.call(context, visibleText(text), ...place);
  context.measureText = (text) => measureText.call(context, visibleText(text));
}
