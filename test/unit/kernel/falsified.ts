// Runs a property and tells how it fails, so that a test can expect that it does not.

import { check, defaultReportMessage, type IProperty } from "fast-check";
import { runs } from "../runs.ts";

/**
 * Why a counterexample fails, and its report, shrunk, with the seed that brings it back, line by
 * line; empty when every run holds. `numRuns` are those of CI.
 */
export function falsified<Values>(property: IProperty<Values>, numRuns: number): readonly string[] {
  const details = check(property, { numRuns: runs(numRuns) });
  const report = defaultReportMessage(details);
  return report === undefined ? [] : [String(details.errorInstance), ...report.split("\n")];
}
