// Prints the one line that CI reads, `N passed, N failed`, from vitest's JSON report.
import { readFileSync } from "node:fs";

const text = readFileSync(process.argv[2], "utf8");
// No report: the check ended before any test ran.
const report =
  text === ""
    ? { success: false, numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 }
    : JSON.parse(text);
// A file that does not load fails the run without a failed test.
const failed = report.numFailedTests + (report.success || report.numFailedTests > 0 ? 0 : 1);
const skipped = report.numPendingTests + report.numTodoTests;
console.log(
  `${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
);
process.exitCode = failed > 0 || report.numPassedTests === 0 ? 1 : 0;
