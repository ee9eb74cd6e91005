// The index of a source as it runs on Cloudflare, on Node's SQLite: objects by name, whose calls
// and rows are counted, and isolates in which jobs call them.

import { vi } from "vitest";
import type { JobRef } from "../../../src/model/messages.ts";
import { sourceOf } from "../../../src/objects.ts";
import { HomeIndex } from "../../../src/source/index/home-index.io.ts";
import type { JobQuery } from "../../../src/source/index/jobs.store.ts";
import { PartIndex } from "../../../src/source/index/part-index.io.ts";
import { migrateSource } from "../../../src/source/source.store.ts";
import { openStorage } from "../deliver/sqlite.ts";

/** What one object was asked and wrote. */
export interface Load {
  calls: number;
  rows: number;
}

/** An object as its callers see it, and its storage. */
interface IndexObject {
  readonly storage: DurableObjectStorage;
  index: HomeIndex | PartIndex;
}

type JobsModule = typeof import("../../../src/job/outbox/index.io.ts");

/** All objects of one deployment. */
export class Indexes {
  readonly #objects = new Map<string, IndexObject>();
  readonly #loads = new Map<string, Load>();
  /** Calls that fail, by the name of the object: all as long as it is here. */
  readonly away = new Set<string>();
  readonly env = { SOURCE: { getByName: (name: string) => this.#stub(name) } } as unknown as Env;

  /** The names of the objects that have tables. */
  names(): readonly string[] {
    return [...this.#objects]
      .filter(([, { storage }]) => storage.sql.exec("SELECT 1 FROM sqlite_master").toArray().length)
      .map(([name]) => name);
  }

  /** What each object was asked since the last call. */
  takeLoads(): ReadonlyMap<string, Load> {
    const loads = new Map(this.#loads);
    this.#loads.clear();
    return loads;
  }

  /** Every object loses its memory. */
  evict(): void {
    for (const [name, one] of this.#objects) one.index = this.#indexOf(name, one.storage);
  }

  #stub(name: string): object {
    const call =
      <T>(ask: (index: HomeIndex | PartIndex) => T | Promise<T>) =>
      async (): Promise<T> => {
        await Promise.resolve();
        if (this.away.has(name)) throw new Error(`${name} is away`);
        const load = this.#loads.get(name) ?? { calls: 0, rows: 0 };
        this.#loads.set(name, load);
        load.calls += 1;
        return ask(this.#object(name).index);
      };
    return {
      index: (refs: readonly JobRef[], takes = false) => call((one) => one.index(refs, takes))(),
      jobs: (query: JobQuery) => call((one) => one.jobs(query))(),
      forget: (guid: string, at: number, upTo?: number) =>
        call((one) => one.forget(guid, at, upTo))(),
      notePart: (part: { day: number; part: number }, holds: boolean) =>
        call((one) => (one as HomeIndex).notePart(part, holds))(),
    };
  }

  #object(name: string): IndexObject {
    const known = this.#objects.get(name);
    if (known !== undefined) return known;
    const { storage } = openStorage();
    if (sourceOf(name).part === null) migrateSource(storage);
    const made = { storage, index: this.#indexOf(name, storage) };
    const { exec } = storage.sql;
    storage.sql.exec = ((text: string, ...values: readonly unknown[]) => {
      const cursor = exec(text, ...values);
      const load = this.#loads.get(name);
      if (load !== undefined) load.rows += cursor.rowsWritten;
      return cursor;
    }) as typeof exec;
    this.#objects.set(name, made);
    return made;
  }

  #indexOf(name: string, storage: DurableObjectStorage): HomeIndex | PartIndex {
    const { source, part } = sourceOf(name);
    return part === null
      ? new HomeIndex(storage, source)
      : new PartIndex(storage, { env: this.env, source, part });
  }
}

/** Loads the code of jobs as an isolate does, with a memory of its own. */
export async function newIsolate(): Promise<JobsModule> {
  vi.resetModules();
  return import("../../../src/job/outbox/index.io.ts");
}
