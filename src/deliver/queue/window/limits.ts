// How many rows of a queue are in memory, and how many are written together.

/** Bounds of the rows in memory. */
export interface WindowLimits {
  /** New deliveries come into memory at once while there are fewer rows. */
  readonly rows: number;
  /** Never more than this, but for what an operator starts over one by one. */
  readonly most: number;
  /** Above this, jobs whose deliveries have all failed and wait leave memory. */
  readonly evictAbove: number;
  /** Rows of one job that have not been attempted yet. */
  readonly perJob: number;
  /** Rows read together, when fewer jobs than this are awake. */
  readonly batch: number;
}

/** 100,000 rows take about 25 MB. */
export const WINDOW_LIMITS: WindowLimits = {
  rows: 50_000,
  most: 100_000,
  evictAbove: 10_000,
  perJob: 1_000,
  batch: 1_000,
};

/** Results in one write: a write for each would cost half an attempt. */
export const MAX_RESULTS_PER_WRITE = 32;

/**
 * After this many attempts the lowest pending row is looked for, and written when it rose by as
 * many: looking for it walks through the whole backlog.
 */
export const LOWEST_PENDING_STEP = 1_000;
