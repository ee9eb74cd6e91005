// Waiting on conditions instead of sleeping.

export { until, type UntilOptions } from "../../src/cli/until.ts";
