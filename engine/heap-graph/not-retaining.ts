// The mark of edges that keep nothing alive, in a column of edge costs. Used wherever a graph is walked.

/** Marks an edge that keeps nothing alive. */
export const NOT_RETAINING = 255;
/** Every other cost is below this. */
export const COST_LIMIT = 255;
