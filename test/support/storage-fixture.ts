// Storage as a version of the relay left it, with what that version said about it.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SampleProvider } from "./senders.ts";

/** A webhook before it is signed. `body` is sent byte for byte. */
export interface StoredWebhook {
  readonly source: string;
  readonly provider: SampleProvider;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where a job is expected to stand: its path, its last event and that one's `seq`. */
export interface Standing {
  readonly job: string;
  readonly event: string;
  readonly seq: number;
}

/** What `expected.json` holds beside the archive. */
export interface StorageFixture {
  /** The version of the package that wrote the storage. */
  readonly version: string;
  /** When the runtime was stopped, epoch milliseconds. */
  readonly madeAt: number;
  /** Vars and secrets; the subscribers' addresses are of receivers that are gone. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** What the API answered, by path, read by a fresh start on the stored files. */
  readonly answers: Readonly<Record<string, unknown>>;
  /** Streams that were left, each with its cursor and the ids of the events after it. */
  readonly resumes: readonly {
    readonly path: string;
    readonly since: string;
    readonly ids: readonly string[];
  }[];
  /** Every webhook that was taken. `again`: sent once more, it is a duplicate. */
  readonly taken: readonly (StoredWebhook & { readonly again: boolean })[];
  /** The subscriber that gets the provider's bytes. */
  readonly raw: string;
  /** What happens by itself in the three hours after `madeAt`. */
  readonly later: readonly Standing[];
  /** Webhooks that come after that, in their order, and what each leads to. */
  readonly next: readonly { readonly webhook: StoredWebhook; readonly leadsTo: Standing }[];
}

/** A fixture on disk: its folder is named by the version. */
export interface StorageFolder {
  readonly name: string;
  /** The packed SQLite files. */
  readonly archive: string;
  /** The text of a `StorageFixture`. */
  readonly expected: string;
}

/** Where the fixtures are. */
const STORAGE_FIXTURES = join(import.meta.dirname, "..", "fixtures", "storage");

const ARCHIVE = "objects.tar.gz";
const EXPECTED = "expected.json";

/** The paths of a fixture's two files. */
export const filesOf = (name: string): { readonly archive: string; readonly expected: string } => ({
  archive: join(STORAGE_FIXTURES, name, ARCHIVE),
  expected: join(STORAGE_FIXTURES, name, EXPECTED),
});

/** Every fixture there is. */
export const storageFolders = (): readonly StorageFolder[] =>
  readdirSync(STORAGE_FIXTURES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const { archive, expected } = filesOf(name);
      return { name, archive, expected: readFileSync(expected, "utf8") };
    });
