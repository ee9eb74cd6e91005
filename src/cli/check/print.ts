// The report of `check` as text.

import type { Paint } from "../paint.ts";
import type { LocatedFinding } from "./findings.ts";
import type { CheckReport } from "./report.ts";

/** Problems, one a line: `wrangler.toml:31: SUBSCRIBERS[1].url (crm): must be https`. */
export const problemLines = (report: CheckReport, file: string, paint: Paint): readonly string[] =>
  report.findings
    .filter(({ severity }) => severity === "problem")
    .toSorted(byLine)
    .map((finding) =>
      paint("red", `${placeOf(finding, file)}${subjectOf(finding)}${finding.message}`),
    );

/** Warnings, one a line: `wrangler.toml:12: warning: …`. */
export const warningLines = (report: CheckReport, file: string, paint: Paint): readonly string[] =>
  report.findings
    .filter(({ severity }) => severity === "warning")
    .toSorted(byLine)
    .map((finding) => paint("yellow", `${placeOf(finding, file)}warning: ${finding.message}`));

/** In the order of the file; what has no line stands at the end. */
const byLine = (left: LocatedFinding, right: LocatedFinding): number =>
  (left.line ?? Number.MAX_SAFE_INTEGER) - (right.line ?? Number.MAX_SAFE_INTEGER);

const placeOf = ({ line }: LocatedFinding, file: string): string =>
  line === null ? "" : `${file}:${line}: `;

function subjectOf({ path, id }: LocatedFinding): string {
  if (path === "") return "";
  return id === null ? `${path}: ` : `${path} (${id}): `;
}
