// Where a figure stands on the axis of an experiment's plots, and the ticks of that axis.

/** From 0 to `maximum`, which is a round figure. */
export interface PlotScale {
  readonly maximum: number;
  readonly ticks: readonly number[];
  /** 0 to 1. */
  positionOf(value: number): number;
}

const STEPS = [1, 2, 2.5, 5, 10];

/** A linear axis from zero that ends at a round figure at or above `greatest`, with 4 to 7 ticks. */
export function linearScale(greatest: number): PlotScale {
  const safe = Number.isFinite(greatest) && greatest > 0 ? greatest : 1;
  const magnitude = 10 ** Math.floor(Math.log10(safe / 4));
  const step = (STEPS.find((factor) => safe / (factor * magnitude) <= 6) ?? 10) * magnitude;
  const count = Math.ceil(safe / step - 1e-9);
  const maximum = count * step;
  return {
    maximum,
    ticks: Array.from({ length: count + 1 }, (_, index) => index * step),
    positionOf: (value) => Math.min(1, Math.max(0, value / maximum)),
  };
}
