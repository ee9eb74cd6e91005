// Runs tests against changes, as a plugin of Stryker. It loads the tests once and runs those that
// reach a change in the same process, which takes milliseconds: vitest takes half a second.

import * as fc from "fast-check";
import { readFileSync, writeFileSync } from "node:fs";
import { loaded, loadedAgain } from "./loading.ts";
import type { CollectedTest } from "./suite.ts";

/** The changes that each test reaches, by id. */
type ReachedByTest = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What code that was made changeable reads and writes. */
interface Switches {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number;
  hitLimit?: number | undefined;
  mutantCoverage?: { readonly perTest: ReachedByTest };
}

const switches = ((globalThis as Record<string, unknown>)["__stryker__"] ??= {}) as Switches;

// The clock of `vi` asks vitest for its settings.
(globalThis as Record<string, unknown>)["__vitest_worker__"] = { config: { fakeTimers: {} } };

// Properties are tried with the same values in every run, so that a change is found or is not;
// the smallest values that fail are of no interest.
fc.configureGlobal({ seed: 20_261_121, endOnFailure: true });

/** A test that waits for longer waits for something that does not come. */
const MAX_TEST_MS = 5_000;

/** Tests that run beside each other, where no step stands around one: many wait for keys. */
const MAX_TESTS_AT_ONCE = 16;

/** Not those that tests may replace. */
const { setTimeout, clearTimeout, performance } = globalThis;

/** Later processes read what the first has seen. */
const REACHED = "reached.json";

const FILES = (process.env["MUTANT_TESTS"] ?? "").split(",");

async function withinTime(run: () => unknown): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("it takes too long")), MAX_TEST_MS);
  });
  try {
    await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a test fails with; `null` when it passes. */
async function failureOf({ before, run, after }: CollectedTest): Promise<string | null> {
  let failure: string | null = null;
  try {
    for (const step of before) await step();
    await withinTime(run);
  } catch (error) {
    failure = String(error);
  }
  for (const step of after) await step();
  return failure;
}

interface Failed {
  /** `null` when tests do not even load. */
  readonly test: CollectedTest | null;
  readonly failure: string;
}

interface MutantRun {
  /** The tests that reach the change; left out where it is reached while files are loaded. */
  readonly testFilter?: readonly string[];
  readonly hitLimit?: number;
  readonly activeMutant: { readonly id: string };
  readonly sandboxFileName: string;
}

class Runner {
  #tests: readonly CollectedTest[] | null = null;
  #reached: ReachedByTest | null = null;

  /** All tests, loaded as the code is. */
  async #all(): Promise<readonly CollectedTest[]> {
    return (this.#tests ??= await loaded(FILES));
  }

  /** What is reached while files are loaded is loaded again for each change. */
  capabilities(): unknown {
    return { reloadEnvironment: true };
  }

  /** Runs every test as the code is, and sees what each reaches. */
  async dryRun(): Promise<unknown> {
    const tests = [];
    for (const [index, test] of (await this.#all()).entries()) {
      const id = String(index);
      switches.currentTestId = id;
      const began = performance.now();
      const failureMessage = await failureOf(test);
      switches.currentTestId = undefined;
      const timeSpentMs = performance.now() - began;
      const status = failureMessage === null ? 0 : 1;
      tests.push({ id, name: test.name, status, timeSpentMs, failureMessage });
    }
    const { mutantCoverage } = switches;
    writeFileSync(REACHED, JSON.stringify(mutantCoverage?.perTest ?? {}));
    return { status: "complete", tests, mutantCoverage };
  }

  /** Runs tests until one finds the change. */
  async mutantRun(options: MutantRun): Promise<unknown> {
    const all = await this.#all();
    const { testFilter, hitLimit, activeMutant, sandboxFileName } = options;
    const { id } = activeMutant;
    const reaching = testFilter ?? this.#testsThatReach(id);
    Object.assign(switches, { activeMutant: id, hitCount: 0, hitLimit });
    const tests = reaching.flatMap((test) => all[Number(test)] ?? []);
    const failed =
      (await this.#firstFailure(tests)) ??
      (testFilter === undefined ? await this.#firstFailureAgain(sandboxFileName) : null);
    switches.activeMutant = undefined;
    if ((switches.hitCount ?? 0) > (hitLimit ?? Infinity)) return { status: "timeout" };
    if (failed === null) return { status: "survived", nrOfTests: tests.length };
    const { test, failure } = failed;
    const at = tests.findIndex((one) => one === test);
    // The process ends, and the change is tried again in a new one.
    if (test !== null && at !== -1 && (await failureOf(test)) !== null)
      throw new Error(`${test.name} fails without the change as well`);
    const killedBy = [reaching[at] ?? "0"];
    return { status: "killed", killedBy, failureMessage: failure, nrOfTests: 1 };
  }

  /** Also when Stryker leaves that out, because files reach the change while they are loaded. */
  #testsThatReach(id: string): readonly string[] {
    this.#reached ??= JSON.parse(readFileSync(REACHED, "utf8")) as ReachedByTest;
    return Object.entries(this.#reached).flatMap(([test, reached]) =>
      Object.hasOwn(reached, id) ? test : [],
    );
  }

  async #firstFailure(tests: readonly CollectedTest[]): Promise<Failed | null> {
    const hasSteps = tests.some(({ before, after }) => before.length + after.length > 0);
    const atOnce = hasSteps ? 1 : MAX_TESTS_AT_ONCE;
    for (let from = 0; from < tests.length; from += atOnce) {
      const some = tests.slice(from, from + atOnce);
      const failures = await Promise.all(some.map(failureOf));
      const at = failures.findIndex((failure) => failure !== null);
      if (at !== -1) return { test: some[at] ?? null, failure: failures[at] ?? "" };
    }
    return null;
  }

  /** The first failure of all tests, which are loaded again while the change is there. */
  async #firstFailureAgain(module: string): Promise<Failed | null> {
    try {
      for await (const tests of loadedAgain(FILES, module)) {
        const failed = await this.#firstFailure(tests);
        if (failed !== null) return failed;
      }
    } catch (error) {
      return { test: null, failure: `A file of tests does not load: ${String(error)}` };
    }
    return null;
  }
}

export const strykerPlugins = [{ kind: "TestRunner", name: "in-process", injectableClass: Runner }];
