// What one run of Stryker came to: how many changes were found, and what survived.

/** A place in a file; lines and columns count from 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

interface Mutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: Place; readonly end: Place };
}

/** The part of Stryker's report in JSON that is read. */
export interface StrykerReport {
  readonly files: Readonly<
    Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>
  >;
}

/** A change that no test noticed. */
export interface Survivor {
  readonly file: string;
  readonly line: number;
  /** The line of code that it is in. */
  readonly code: string;
  /** The text before and after the change, on one line. */
  readonly from: string;
  readonly to: string;
  /** As Stryker takes it: only this place is changed. */
  readonly range: string;
}

/** Why changes of a line cannot be noticed: nothing that the code promises depends on them. */
export interface Explanation {
  readonly file: string;
  readonly code: string;
  /** Only these changes; all of the line where it is left out. */
  readonly to?: readonly string[];
  readonly why: string;
}

/** What a core came to. */
export interface Outcome {
  readonly found: number;
  /** Those that ran without an end until they were stopped; they count as found. */
  readonly endless: number;
  readonly all: number;
  readonly survivors: readonly Survivor[];
}

const MAX_SHOWN_CHARACTERS = 100;

/** A piece of code on one line, its end left out where it is long. */
const shown = (code: string): string => {
  const line = code.replaceAll(/\s+/g, " ").trim();
  return line.length > MAX_SHOWN_CHARACTERS ? `${line.slice(0, MAX_SHOWN_CHARACTERS)}…` : line;
};

function textAt(source: string, { start, end }: Mutant["location"]): string {
  const lines = source.split("\n").slice(start.line - 1, end.line);
  const last = lines.length - 1;
  return lines
    .map((line, index) => (index === last ? line.slice(0, end.column - 1) : line))
    .map((line, index) => (index === 0 ? line.slice(start.column - 1) : line))
    .join("\n");
}

const FOUND: ReadonlySet<string> = new Set(["Killed", "Timeout"]);
const MISSED: ReadonlySet<string> = new Set(["Survived", "NoCoverage"]);

/** What the report says; changes that do not run at all count neither way. */
export function outcomeOf({ files }: StrykerReport): Outcome {
  const mutants = Object.entries(files).flatMap(([file, { source, mutants: list }]) =>
    list.map((mutant) => ({ file, source, mutant })),
  );
  const count = (statuses: ReadonlySet<string>): number =>
    mutants.filter(({ mutant }) => statuses.has(mutant.status)).length;
  const survivors = mutants
    .filter(({ mutant }) => MISSED.has(mutant.status))
    .map(({ file, source, mutant: { location, replacement = "" } }): Survivor => {
      const { start, end } = location;
      const range = `${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`;
      return {
        file,
        line: start.line,
        code: (source.split("\n")[start.line - 1] ?? "").trim(),
        from: shown(textAt(source, location)),
        to: shown(replacement),
        range: `${file}:${range}`,
      };
    });
  const found = count(FOUND);
  return { found, endless: count(new Set(["Timeout"])), all: found + survivors.length, survivors };
}

/** Where a change is, and what it is: the same in every run, as long as the file is the same. */
const identityOf = ({ mutatorName, replacement, location }: Mutant): string =>
  JSON.stringify([mutatorName, replacement, location]);

/**
 * A whole report, with what a later run found at some places. A file that has changed since is
 * taken as the later run has it; it was tried as a whole then.
 */
export function withLater(before: StrykerReport, later: StrykerReport): StrykerReport {
  const files = { ...before.files };
  for (const [file, tried] of Object.entries(later.files)) {
    const known = files[file];
    const found = new Map(tried.mutants.map((mutant) => [identityOf(mutant), mutant]));
    files[file] =
      known?.source === tried.source
        ? { ...known, mutants: known.mutants.map((one) => found.get(identityOf(one)) ?? one) }
        : tried;
  }
  return { files };
}

/**
 * What has to be tried again: the places of survivors, files that have changed, and new ones.
 * `sources` are the files of a core as they are now.
 */
export function placesToTry(
  before: StrykerReport,
  sources: Readonly<Record<string, string>>,
): readonly string[] {
  const { survivors } = outcomeOf(before);
  return Object.entries(sources).flatMap(([file, source]) =>
    before.files[file]?.source === source
      ? survivors.filter((one) => one.file === file).map(({ range }) => range)
      : [file],
  );
}

/** The report without files that are gone. */
export const onlyOf = (
  { files }: StrykerReport,
  sources: Readonly<Record<string, string>>,
): StrykerReport => ({
  files: Object.fromEntries(Object.entries(files).filter(([file]) => Object.hasOwn(sources, file))),
});

/** Percent that was found, with one decimal; never rounded up to a threshold. */
export const percentFound = ({ found, all }: Outcome): number =>
  all === 0 ? 0 : Math.floor((found / all) * 1_000) / 10;

/** The explanation of a survivor. */
export const explanationOf = (
  { file, code, to }: Survivor,
  explanations: readonly Explanation[],
): Explanation | undefined =>
  explanations.find(
    (one) => one.file === file && one.code === code && (one.to?.includes(to) ?? true),
  );
