// How often a property is tried.

/**
 * Runs of a property: all of `thorough` where CI says so, a tenth of them on a developer's machine,
 * and `RUNS` in the environment sets any other number.
 */
export const runs = (thorough: number): number => {
  const { CI, RUNS } = process.env;
  if (RUNS !== undefined && RUNS !== "") return Number(RUNS);
  return CI === undefined ? Math.ceil(thorough / 10) : thorough;
};
