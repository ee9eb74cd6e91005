// The ids in the bodies of ExportComments: of the job and of the event.

import type { Json } from "../../../kernel/json.ts";
import { fault, type Result } from "../../../kernel/result.ts";
import { checkId, firstText, Id, textOrNull } from "../../normalize/fields.ts";
import type { Issue } from "../../provider.ts";

/** Download addresses may be paths of this site. */
export const SITE = "https://exportcomments.com";

/** The members of a body that may name its job or its event. */
export const ID_MEMBERS = {
  guid: textOrNull,
  status_url: textOrNull,
  message_id: textOrNull,
  event_id: textOrNull,
};

const NO_JOB_ID = fault([
  { path: "guid", message: "no job id: neither guid nor status_url names one" },
]);

/** The job id: the first guid, else the one at the end of a status URL. */
export function jobIdOf(
  guids: readonly (string | null | undefined)[],
  statusUrls: readonly (string | null | undefined)[],
): Result<string, readonly Issue[]> {
  const guid = firstText(...guids) ?? firstText(...statusUrls.map(guidOfStatusUrl));
  return guid === null ? NO_JOB_ID : checkId(guid, "guid");
}

interface EventIds {
  readonly message_id?: Json | undefined;
  readonly event_id?: Json | undefined;
}

/** The provider's id of the event; `null` for realtime envelopes and the short form. */
export const eventIdOf = ({ message_id, event_id }: EventIds): string | null =>
  firstText(message_id, event_id);

/**
 * The job id at the end of `https://exportcomments.com/done/{guid}`; `null` for a path of a single
 * segment, which is a page and no job.
 */
function guidOfStatusUrl(statusUrl: string | null | undefined): string | null {
  if (statusUrl === null || statusUrl === undefined) return null;
  const segments = (URL.parse(statusUrl, SITE)?.pathname ?? "")
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
