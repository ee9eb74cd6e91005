// Many exports of many accounts: what goes wrong with some of them holds no other one up.

import { afterAll, beforeAll, expect, test } from "vitest";
import {
  startExportServer,
  type ExportServer,
  type OddAnswer,
} from "../../../src/demo/upstream/export-server.ts";
import { startRelay, type Relay } from "../../support/relay.ts";
import { API_KEY, namesOf, pollingSource, questionsTo, type Questions } from "./questions.ts";

const NAMES = ["gone", "refused", "unlisted"] as const;
type Name = (typeof NAMES)[number];

const servers = new Map<Name, ExportServer>();
let relay: Relay;
let ask: Questions;

const server = (name: Name): ExportServer => {
  const found = servers.get(name);
  if (found === undefined) throw new Error(`no server ${name}`);
  return found;
};

beforeAll(async () => {
  for (const name of NAMES) servers.set(name, await startExportServer(3));
  relay = await startRelay({
    vars: { API_KEY, SOURCES: NAMES.map((name) => pollingSource(name, server(name))) },
  });
  ask = questionsTo(relay);
});

afterAll(async () => {
  await relay?.stop();
  for (const each of servers.values()) await each.close();
});

/** Posts that are sent at once. */
const AT_ONCE = 50;

/** Adds exports to a server, so many for each account, and tells the relay of them. */
async function announce(name: Name, accounts: readonly string[], each: number) {
  const { add } = server(name);
  const exports = accounts.flatMap((account) =>
    Array.from({ length: each }, (_, index) => add(account, `${account}_${index}`)),
  );
  for (let from = 0; from < exports.length; from += AT_ONCE)
    await Promise.all(
      exports
        .slice(from, from + AT_ONCE)
        .map(({ account, exportId }) =>
          ask.post(`/v1/sources/${name}/watch`, { account, exportId }),
        ),
    );
  return exports;
}

const count = ({ counts }: { counts: Readonly<Record<string, number>> }) => counts["accepted"] ?? 0;

/** How long a thousand exports may take on a busy machine, in ms. */
const LONG = 300_000;

test(
  "of a thousand exports three hundred disappear: those have failed, and all others end",
  async () => {
    const accounts = Array.from({ length: 20 }, (_, index) => `account-${index}`);
    const exports = await announce("gone", accounts, 50);
    await ask.untilConnector("gone", (connector) => count(connector) >= exports.length, LONG);
    const gone = exports.filter((_, index) => index % 10 < 3);
    for (const { exportId } of gone) server("gone").remove(exportId);
    for (const each of exports) Object.assign(each, { status: "completed", exported: 1 });
    const ended = await ask.untilConnector("gone", ({ watching }) => watching === 0, LONG);
    expect([gone.length, ended.state]).toEqual([300, "waiting"]);
    expect(ended.counts).toEqual({ accepted: 2_000, duplicate: 0, ignored: 0, refused: 0 });
    expect(server("gone").most()).toBeLessThanOrEqual(6);
    const ids = [gone[0], exports.at(-1)].map((one) => one?.exportId ?? "");
    const jobs = await Promise.all(ids.map((id) => ask.job("gone", id)));
    expect(jobs.map((one) => one?.status)).toEqual(["error", "done"]);
  },
  2 * LONG,
);

/** Answers the paths of one account with something else. */
const oddFor =
  (part: string, answer: OddAnswer): ExportServer["odd"] =>
  (path) =>
    path.includes(part) ? answer : null;

test.each([
  ["refused", "/account/bob/", 403, "the export API answered 403 for account bob"],
  ["unlisted", "/account/bob/exports", 500, "the export API answered 500 for account bob"],
] as const)(
  "%s: what one account is answered holds no other one up",
  async (name, part, status, error) => {
    const { add } = server(name);
    server(name).odd = oddFor(part, { status });
    const exports = await announce(name, ["bob", "ada", "eve"], 12);
    // One account goes on: without any it would be the source that is refused.
    await announce(name, ["open"], 1);
    await ask.untilConnector(name, ({ lastError }) => lastError === error);
    for (const each of exports) Object.assign(each, { status: "completed", exported: 1 });
    for (const { account, exportId } of exports)
      if (account !== "bob" || status === 500) await ask.untilEvent(name, exportId, "job.finished");
    const left = await ask.connector(name);
    expect([left.state, left.watching]).toEqual(["connected", status === 403 ? 13 : 1]);
    add("bob", "bob_later");
    await ask.post(`/v1/sources/${name}/watch`, { account: "bob", exportId: "bob_later" });
    server(name).odd = () => null;
    await ask.untilEvent(name, "bob_later", "job.created");
    for (const { exportId } of exports)
      expect(namesOf(await ask.untilEvent(name, exportId, "job.finished"))).toContain(
        "job.finished",
      );
  },
);
