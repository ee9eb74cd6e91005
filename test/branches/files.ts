// Which files decide: what lint keeps from doing anything else (.oxlintrc.json).

/** Percent of their branches that unit tests have to take. */
export const LEAST_TAKEN = 97;

/** A file that does something, or that needs a browser, a terminal or a machine. */
const ACTS = /\.(?:object|store|io|routes)\.tsx?$/;
const ELSEWHERE = /^src\/(?:(?:client|element|cli|demo|build|console)\/|[^/]+$)/;

export const isPure = (file: string): boolean => !ACTS.test(file) && !ELSEWHERE.test(file);

/** Branches of a file, by vitest's summary. */
export interface Branches {
  readonly total: number;
  readonly covered: number;
}

/** Branches of all files together, and what is missing by file, the most first. */
export interface Coverage extends Branches {
  readonly missing: readonly { readonly file: string; readonly count: number }[];
}

/** Adds up the pure ones of some files. */
export function coverageOf(files: Readonly<Record<string, Branches>>): Coverage {
  const pure = Object.entries(files).filter(([file]) => isPure(file));
  const sum = (of: keyof Branches): number => pure.reduce((all, [, one]) => all + one[of], 0);
  const missing = pure
    .map(([file, { total, covered }]) => ({ file, count: total - covered }))
    .filter(({ count }) => count > 0)
    .toSorted((one, other) => other.count - one.count);
  return { total: sum("total"), covered: sum("covered"), missing };
}

/** Percent that is taken, with one decimal; never rounded up to a threshold. */
export const percentTaken = ({ total, covered }: Branches): number =>
  total === 0 ? 0 : Math.floor((covered / total) * 1_000) / 10;
