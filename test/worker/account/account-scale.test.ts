import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { AccountStore } from "../../../src/account/account.store.ts";
import { MAX_EXAMINED_JOBS } from "../../../src/account/retention.ts";
import { account, jobsOf, publication } from "../stream/stream-fixture.ts";

const JOBS = 100_000;
const LOGGED = 10_000;

/** Fills an account: jobs `g1` (the newest) to `g100000`, and a full log of their events. */
function fill(sql: SqlStorage, name: string): void {
  const { event, snapshot } = publication({ account: name, guid: "GUID" }, 1);
  sql.exec(
    `INSERT INTO job (created, source, guid, seq, status, snapshot)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     SELECT 1700000000000 - i, 'comments', 'g' || i, 1, 'progress', replace(?2, 'GUID', 'g' || i)
     FROM n`,
    JOBS,
    JSON.stringify({ ...snapshot, createdAt: "2023-11-14T22:13:19.000Z" }),
  );
  sql.exec(
    `INSERT INTO log (off, at, kind, source, guid, id, event)
     WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     SELECT i, ?2, 'exports', 'comments', 'g' || i, 'evt_' || i, replace(?3, 'GUID', 'g' || i)
     FROM n`,
    LOGGED,
    Date.now(),
    JSON.stringify(event),
  );
}

/** Runs a step and counts the rows that its statements read. */
function rowsRead(sql: SqlStorage, step: () => unknown): number {
  const exec = sql.exec;
  const cursors: { readonly rowsRead: number }[] = [];
  sql.exec = ((query: string, ...bindings: never[]) => {
    const cursor = exec.call(sql, query, ...bindings);
    cursors.push(cursor);
    return cursor;
  }) as typeof sql.exec;
  try {
    step();
  } finally {
    sql.exec = exec;
  }
  return cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0);
}

test("an account of 100,000 jobs reads only what it shows, finds by name and removes", async () => {
  const name = "filled";
  const stub = account(name);
  await stub.publish([publication({ account: name, guid: "first" }, 1)]);
  await runInDurableObject(stub, (_, { storage }) => {
    fill(storage.sql, name);
    const store = new AccountStore(storage, name, () => "0a");
    const channels = ["export.g9000.job"];
    // The first look-up after a wake reads where each event of the log is.
    expect(store.log.read(0, 10, channels).map(({ offset }) => offset)).toEqual([9_000]);
    // … and which jobs have progress that stands in it alone.
    store.jobs.newest();
    const counts = {
      snapshot: rowsRead(storage.sql, () => store.log.snapshot(channels)),
      history: rowsRead(storage.sql, () => store.log.read(0, 100, channels)),
      historyBack: rowsRead(storage.sql, () => store.log.readBack(20_000, 100, channels)),
      quietChannel: rowsRead(storage.sql, () => store.log.read(0, 100, [`user:${name}`])),
      newest: rowsRead(storage.sql, () => store.jobs.newest()),
      unknown: rowsRead(storage.sql, () =>
        store.jobs.seqOf(publication({ account: name, guid: "none" }, 9).snapshot),
      ),
      erasure: rowsRead(storage.sql, () => store.forget("comments", "g9000", Infinity, false)),
    };
    for (const [what, count] of Object.entries(counts))
      expect([what, count]).toEqual([what, Math.min(count, what === "newest" ? 110 : 20)]);
    expect(store.log.read(0, 10, channels)).toEqual([]);
    expect(store.jobs.withGuids(["g9000", "g9001"]).map(({ guid }) => guid)).toEqual(["g9001"]);
  });
});

test("a search that finds nothing ends after its bound of jobs, and goes on from there", async () => {
  const name = "searched";
  const stub = account(name);
  await stub.publish([publication({ account: name, guid: "first" }, 1)]);
  await runInDurableObject(stub, (object, { storage }) => {
    fill(storage.sql, name);
    storage.sql.exec("UPDATE job SET status = 'error' WHERE guid IN ('g5', 'g99999')");
    const found: string[] = [];
    let pages = 0;
    let before: { createdAt: number; source: string; guid: string } | undefined;
    do {
      const query = { status: "error", limit: 50, ...(before === undefined ? {} : { before }) };
      let page = object.jobs(query);
      const read = rowsRead(storage.sql, () => {
        page = object.jobs(query);
      });
      expect(read).toBeLessThanOrEqual(MAX_EXAMINED_JOBS + 2);
      found.push(...page.jobs.map(({ guid }) => guid));
      expect(page.more).toBe(false);
      before = page.reached;
      pages += 1;
    } while (before !== undefined);
    expect([found, pages]).toEqual([["g5", "g99999"], Math.ceil((JOBS + 1) / MAX_EXAMINED_JOBS)]);
  });
  expect((await jobsOf(name, { limit: 1 })).map(({ guid }) => guid)).toEqual(["first"]);
});
