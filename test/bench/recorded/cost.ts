// The last recorded bill, as docs/benchmarks.md and the README show it.

import { blockOf, withMarked } from "../../prove/parts/marked-text.ts";
import type { Runs } from "../bill/bill-table.ts";
import { billOf, PRICES, type Bill } from "../bill/prices.ts";
import { LIVES, WHOLE_LIVES } from "../bill/scenarios.ts";

/** Behind these marks stand the table of docs/benchmarks.md and the sentence of the README. */
const TABLE = "<!-- npm run bill writes this table -->";
const SENTENCE = "<!-- npm run bill writes this -->";

/** What each life costs, by its name, in the order in which lives are played. */
const billsOf = (recorded: Runs): readonly (readonly [string, Bill])[] =>
  LIVES.flatMap(({ name }) => {
    const run = recorded[name];
    return run === undefined ? [] : [[name, billOf(run.usage, run.webhooks)] as const];
  });

const cellsOf = (name: string, bill: Bill): readonly string[] => [
  name,
  (bill.rows + bill.alarms).toFixed(2),
  bill.alarms.toFixed(2),
  bill.rowsEmptied === 0 ? "–" : bill.rowsEmptied.toFixed(2),
  bill.objectRequests.toFixed(2),
  bill.dollars.toFixed(2),
];

const HEAD = [
  "per webhook",
  "rows and alarms",
  "of them alarms",
  "rows in emptied objects",
  "object requests",
  "$ per million, before duration",
];

function costTable(recorded: Runs): string {
  const rows = billsOf(recorded).map(([name, bill]) => cellsOf(name, bill));
  return [HEAD, HEAD.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function costSentence(recorded: Runs): string {
  const typical = billsOf(recorded)[0]?.[1];
  if (typical === undefined) throw new Error("the bill of a typical job was not recorded");
  const whole = billsOf(recorded).find(([name]) => name === WHOLE_LIVES)?.[1];
  if (whole === undefined) throw new Error("the bill of whole lives was not recorded");
  const { rows, alarms, objectRequests, dollars } = typical;
  return (
    `${(rows + alarms).toFixed(2)} rows and alarms and ${objectRequests.toFixed(2)} object requests ` +
    `for each webhook, $${dollars.toFixed(2)} per million webhooks before duration ` +
    `(prices of ${PRICES.asOf}). With the rows that are deleted when retention ends: ` +
    `${(whole.rows + whole.alarms).toFixed(2)} and $${whole.dollars.toFixed(2)}`
  );
}

/** The page about benchmarks with the recorded bill of every life. */
export const withCostTable = (page: string, recorded: Runs): string =>
  withMarked(page, TABLE, blockOf(costTable(recorded)));

/** The README with the recorded bill of the typical job. */
export const withCost = (readme: string, recorded: Runs): string =>
  withMarked(readme, SENTENCE, costSentence(recorded));
