// Runs a property and tells how it fails, so that a test can expect that it does not.

import { check, defaultReportMessage, type IProperty } from "fast-check";

/** The report of a counterexample, shrunk, with the seed that brings it back, line by line; empty when every run holds. */
export function falsified<Values>(property: IProperty<Values>, numRuns: number): readonly string[] {
  return defaultReportMessage(check(property, { numRuns }))?.split("\n") ?? [];
}
