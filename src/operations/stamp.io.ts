// What makes a notice one of its own.

import { now } from "../kernel/clock.io.ts";
import { newEventId, newTraceparent } from "../kernel/random.io.ts";
import type { Notice } from "./notice.ts";

/** The id, instant and trace of a new notice. */
export const noticeStamp = (): Pick<Notice, "id" | "at" | "traceparent"> => ({
  id: newEventId(),
  at: now(),
  traceparent: newTraceparent(),
});
