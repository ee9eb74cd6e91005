// Waiting on conditions instead of sleeping.

export { until } from "../../src/cli/until.ts";
