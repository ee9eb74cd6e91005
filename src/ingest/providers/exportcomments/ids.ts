// The ids in the bodies of ExportComments: of the job and of the event.

import type { Json } from "../../../kernel/json.ts";
import { fault } from "../../../kernel/result.ts";
import { Id, OptionalText } from "../../normalize/fields.ts";

/** Download addresses may be paths of this site. */
export const SITE = "https://exportcomments.com";

/** The members of a body that may name its job or its event. */
export const IdFields = {
  guid: Id.nullish(),
  status_url: OptionalText,
  message_id: OptionalText,
  event_id: OptionalText,
};

/** The refusal of a body that names no job. */
export const NO_JOB_ID = fault([
  { path: "guid", message: "no job id: neither guid nor status_url names one" },
]);

interface EventIds {
  readonly message_id?: Json | undefined;
  readonly event_id?: Json | undefined;
}

/** The provider's id of the event; `null` for realtime envelopes and the short form. */
export function eventIdOf({ message_id, event_id }: EventIds): string | null {
  const given = [message_id, event_id].find((id) => typeof id === "string" && id !== "");
  return typeof given === "string" ? given : null;
}

/**
 * The job id at the end of `https://exportcomments.com/done/{guid}`; `null` for a path of a single
 * segment, which is a page and no job.
 */
export function guidOfStatusUrl(statusUrl: string | null | undefined): string | null {
  const segments = (URL.parse(statusUrl ?? "", SITE)?.pathname ?? "")
    .split("/")
    .filter((segment) => segment !== "");
  const last = segments.length < 2 ? undefined : segments.at(-1);
  if (last === undefined) return null;
  try {
    return Id.safeParse(decodeURIComponent(last)).data ?? null;
  } catch {
    return null;
  }
}
