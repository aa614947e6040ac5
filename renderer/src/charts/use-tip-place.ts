// Where the tip beside the cursor stands: by the size that its words give it, before they are painted. Placed by the size of
// the words before, it was cut at the edge of the timeline until the pointer moved again.

import { ref, watch, type Ref } from 'vue';

const GAP_PX = 14;
const EDGE_PX = 4;

/** Relative to the stage, for the element that shows `tip`. */
export function useTipPlace(
  tip: Ref<{ readonly x: number; readonly y: number } | undefined>,
  stage: Ref<HTMLElement | null>,
  element: Ref<HTMLElement | null>,
): Ref<{ readonly left: number; readonly top: number }> {
  const place = ref({ left: 0, top: 0 });
  watch(
    tip,
    (shown) => {
      if (shown === undefined || stage.value === null || element.value === null) return;
      const { offsetWidth: width, offsetHeight: height } = element.value;
      const { clientWidth, clientHeight } = stage.value;
      const fitsRight = shown.x + GAP_PX + width + 2 * EDGE_PX <= clientWidth;
      place.value = {
        left: fitsRight ? shown.x + GAP_PX : Math.max(EDGE_PX, shown.x - GAP_PX - width),
        top: Math.max(EDGE_PX, Math.min(shown.y + GAP_PX, clientHeight - height - EDGE_PX)),
      };
    },
    { flush: 'post' },
  );
  return place;
}
