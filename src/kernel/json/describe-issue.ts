// The words for a problem that a schema finds and has no words of its own for.

import { en } from "zod/locales";

/** Zod's English text; `zod/mini` has none. Passed as `error` to a parse whose issues are shown. */
export const describeIssue = en().localeError;
