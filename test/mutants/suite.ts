// Stands in for `vitest` while changes are tried: it only collects tests, so that each can be run
// by itself, as often as wanted, without loading anything again.

type Step = (...row: never[]) => unknown;

/** A test as it was written, with the steps around it. */
export interface CollectedTest {
  readonly name: string;
  readonly before: readonly Step[];
  readonly run: () => unknown;
  readonly after: readonly Step[];
}

interface Group {
  readonly names: readonly string[];
  readonly before: readonly Step[];
  readonly after: readonly Step[];
}

let collected: CollectedTest[] = [];

/** The group that is being read, with its hooks and those of the groups around it. */
let group: Group;

/** The tests of a file, which `load` loads. */
export async function testsOf(
  file: string,
  load: () => Promise<unknown>,
): Promise<CollectedTest[]> {
  collected = [];
  group = { names: [file], before: [], after: [] };
  await load();
  return collected;
}

export function describe(name: string, read: Step): void {
  const around = group;
  group = { ...around, names: [...around.names, name] };
  read();
  group = around;
}

/** Where options stand before or after the function, it is still the function that is meant. */
const stepIn = (parts: readonly unknown[]): Step =>
  parts.find((part) => typeof part === "function") as Step;

export function test(name: string, ...parts: readonly unknown[]): void {
  const { names, before, after } = group;
  collected.push({ name: [...names, name].join(" > "), before, run: stepIn(parts), after });
}

/** Calls with each row of a table; rows that are all lists are spread. */
const eachOf =
  (add: (name: string, step: () => unknown) => void) =>
  (rows: readonly unknown[]) =>
  (name: string, ...parts: readonly unknown[]): void => {
    const step = stepIn(parts) as (...row: unknown[]) => unknown;
    const areLists = rows.every((row) => Array.isArray(row));
    for (const row of rows) add(name, () => (areLists ? step(...(row as unknown[])) : step(row)));
  };

test.each = eachOf(test);
describe.each = eachOf(describe);

export function beforeEach(step: Step): void {
  group = { ...group, before: [...group.before, step] };
}

export function afterEach(step: Step): void {
  group = { ...group, after: [step, ...group.after] };
}

export { expect, vi } from "vitest";
