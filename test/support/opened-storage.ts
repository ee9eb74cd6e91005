// Opens a copy of stored storage on the present Worker, at any distance from when it was made.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startReceiver, type Receiver } from "./receiver.ts";
import { moveStorage, moveText, unpackStorage } from "./storage-files.ts";
import type { StorageFixture, StorageFolder } from "./storage-fixture.ts";
import { startStored, type Bundle, type StoredRelay, type StoredVars } from "./stored-relay.ts";

/** A fixture that runs. */
export interface OpenedStorage {
  /** Its instants are moved like those of the storage. */
  readonly fixture: StorageFixture;
  readonly relay: StoredRelay;
  /** By subscriber; all of them are well. */
  readonly receivers: ReadonlyMap<string, Receiver>;
  close(): Promise<void>;
}

interface SubscriberVars {
  readonly id: string;
  readonly url: string;
}

type Receivers = Map<string, Receiver>;

/** Starts a receiver for every subscriber of the configuration, and puts their addresses in. */
async function withReceivers(vars: StoredVars, receivers: Receivers): Promise<StoredVars> {
  const subscribers: SubscriberVars[] = [];
  for (const subscriber of vars["SUBSCRIBERS"] as readonly SubscriberVars[]) {
    const receiver = await startReceiver();
    receivers.set(subscriber.id, receiver);
    subscribers.push({ ...subscriber, url: receiver.url });
  }
  return { ...vars, SUBSCRIBERS: subscribers };
}

/** What is opened, and by which Worker. */
export interface Opening {
  readonly bundle: Bundle;
  readonly folder: StorageFolder;
  /** How long ago it is to seem made, in ms. */
  readonly age: number;
}

/**
 * Opens a copy of a fixture as if it had been made `age` ago: every instant in it is moved, so that
 * retention, deduplication and alarms find it as they would have found it then.
 */
export async function openStorage({ bundle, folder, age }: Opening): Promise<OpenedStorage> {
  const storage = mkdtempSync(join(tmpdir(), "jobrelay-upgrade-"));
  const receivers = new Map<string, Receiver>();
  const clear = async (): Promise<void> => {
    await Promise.all([...receivers.values()].map((receiver) => receiver.close()));
    rmSync(storage, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const original = JSON.parse(folder.expected) as StorageFixture;
    const by = Date.now() - age - original.madeAt;
    unpackStorage(folder.archive, storage);
    moveStorage(storage, by);
    const moved = JSON.parse(moveText(folder.expected, by)) as StorageFixture;
    // A webhook that was taken is known by its bytes.
    const fixture = { ...moved, taken: original.taken };
    const vars = await withReceivers(fixture.vars, receivers);
    const relay = await startStored({ bundle, vars, storage });
    const close = (): Promise<void> => relay.stop().then(clear);
    return { fixture, relay, receivers, close };
  } catch (error) {
    await clear();
    throw error;
  }
}
