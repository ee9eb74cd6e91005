// Publications come at least once: twice, late, after the object has ended and begun again.

import { expect, test } from "vitest";
import { AccountStore } from "../../../src/account/account.store.ts";
import type { Publication } from "../../../src/model/messages.ts";
import { iso } from "../../../src/kernel/time.ts";
import { envelopeOf } from "../../../src/job/view/envelope.ts";
import { snapshotOf } from "../../../src/job/state.ts";
import { openStorage, type NodeStorage } from "../deliver/sqlite.ts";
import { job, progress } from "../job/builders.ts";

const BEGIN = Date.UTC(2026, 10, 21, 19);

/** The job's second event and its progress after that, as a job sends them for the first time. */
const published = (seq: number, fields: Partial<Publication> = {}): Publication => {
  const state = job({ seq, event: "job.progress", createdAt: BEGIN });
  const update = progress(seq);
  const emission = { event: "job.progress", update, record: null, absorbed: 0, state } as const;
  const event = envelopeOf(emission, `evt_${seq}`, BEGIN + seq * 5_000);
  return { event, snapshot: snapshotOf(state), first: true, minor: seq > 2, ...fields };
};

/** An instance of the account's object on its storage. */
const instance = ({ storage }: NodeStorage) => {
  const store = new AccountStore(storage, "acme", () => "0a");
  return (at: number, ...publications: readonly Publication[]): readonly number[] =>
    store.addPublications(publications, [], at).map(({ offset }) => offset);
};

test("progress that comes late to another instance, as if for the first time, is logged once", () => {
  const node = openStorage();
  const before = instance(node);
  expect(before(BEGIN + 10_000, published(2))).toEqual([1]);
  expect(before(BEGIN + 15_000, published(3))).toEqual([2]);
  const after = instance(node);
  expect(after(BEGIN + 600_000, published(3))).toEqual([]);
  expect(after(BEGIN + 600_000, published(4))).toEqual([3]);
  node.close();
});

test("progress of an account whose clock was behind by half a minute is logged once", () => {
  const node = openStorage();
  const before = instance(node);
  before(BEGIN - 20_000, published(2));
  before(BEGIN - 15_000, published(3));
  expect(instance(node)(BEGIN, published(3))).toEqual([]);
  node.close();
});

test("an instance that has looked for a new event looks further back for an older one", () => {
  const node = openStorage();
  const before = instance(node);
  before(BEGIN + 10_000, published(2));
  before(BEGIN + 15_000, published(3));
  const other = published(40, { minor: true });
  const snapshot = { ...other.snapshot, guid: "g-2", createdAt: iso(BEGIN) };
  const event = { ...other.event, guid: "g-2" };
  const after = instance(node);
  expect(after(BEGIN + 200_000, { ...other, event, snapshot })).toEqual([3]);
  expect(after(BEGIN + 200_000, published(3))).toEqual([]);
  node.close();
});
