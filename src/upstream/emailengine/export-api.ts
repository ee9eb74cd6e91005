// The requests of the export API, and what their answers mean for an export or for all of them.

import { withoutSlashes } from "../../kernel/json/text.ts";
import { parseText } from "../../kernel/json.ts";
import { fault, type Result } from "../../kernel/result.ts";
import { answered, type Answer, type Answered } from "../answer.ts";
import { passing, type Failure } from "../record.ts";
import {
  readList,
  readStatus,
  type ExportPlace,
  type ExportStatus,
  type ListedExport,
} from "./export-status.ts";

/** Exports on one page of a list: the most that EmailEngine gives. */
const PAGE_SIZE = 1_000;

/** Pages of a list that are read at most. */
const MAX_PAGES = 10;

const address = (base: string, path: readonly string[]): string =>
  [withoutSlashes(base), "v1", ...path.map(encodeURIComponent)].join("/");

/** The address of an export's status. */
export const statusUrl = ({ base, account, exportId }: ExportPlace): string =>
  address(base, ["account", account, "export", exportId]);

/** The address of one page of an account's exports. */
export const listUrl = (base: string, account: string, page: number): string =>
  `${address(base, ["account", account, "exports"])}?page=${page}&pageSize=${PAGE_SIZE}`;

const WHAT = "the export API";

/**
 * Statuses by which the export API says that it has no such thing: in JSON or without a body. A
 * page is of a proxy in front of it, while the instance is away, and says nothing of exports.
 */
const NO_SUCH: readonly number[] = [400, 404];

const isPage = ({ text }: Answered): boolean => text.trim() !== "" && !parseText(text).ok;

/** An answer, also one by which nothing is there; or why the request has failed. */
function readAnswer(answer: Answer): Result<Answered, Failure> {
  const read = answered(answer, WHAT, [200, ...NO_SUCH]);
  return read.ok && NO_SUCH.includes(read.value.status) && isPage(read.value)
    ? fault(passing(`${WHAT} answered ${read.value.status} with a page`))
    : read;
}

/** What an answer about one export means. */
export type StatusVerdict =
  | { readonly kind: "status"; readonly status: ExportStatus }
  | { readonly kind: "gone" }
  /** EmailEngine does not take the id. */
  | { readonly kind: "invalid" }
  | { readonly kind: "failure"; readonly failure: Failure };

/** Judges an answer about one export. */
export function judgeStatus(answer: Answer): StatusVerdict {
  const read = readAnswer(answer);
  if (!read.ok) return { kind: "failure", failure: read.fault };
  if (read.value.status === 404) return { kind: "gone" };
  if (read.value.status === 400) return { kind: "invalid" };
  const status = readStatus(read.value.text);
  return status === null
    ? { kind: "failure", failure: passing(`${WHAT} answered without a status`) }
    : { kind: "status", status };
}

/** What an answer with a list means; an account that is gone has no exports. */
export type ListVerdict =
  | { readonly kind: "list"; readonly exports: readonly ListedExport[]; readonly pages: number }
  | { readonly kind: "failure"; readonly failure: Failure };

/** Judges an answer with a list. */
export function judgeList(answer: Answer): ListVerdict {
  const read = readAnswer(answer);
  if (!read.ok) return { kind: "failure", failure: read.fault };
  if (NO_SUCH.includes(read.value.status)) return { kind: "list", exports: [], pages: 1 };
  const list = readList(read.value.text);
  return list === null
    ? { kind: "failure", failure: passing(`${WHAT} answered without a list`) }
    : { kind: "list", ...list };
}

/** Reads all pages of a list. */
export async function readPages(ask: (page: number) => Promise<Answer>): Promise<ListVerdict> {
  const exports: ListedExport[] = [];
  for (let page = 0, pages = 1; page < Math.min(pages, MAX_PAGES); page += 1) {
    const verdict = judgeList(await ask(page));
    if (verdict.kind === "failure") return verdict;
    exports.push(...verdict.exports);
    ({ pages } = verdict);
  }
  return { kind: "list", exports, pages: 1 };
}
