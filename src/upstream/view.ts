// A source's connector as the API shows it.

import type { JsonObject } from "../kernel/json.ts";
import { iso, isoOrNull } from "../kernel/time.ts";
import type { ConnectorView } from "../model/connector.ts";

/** The member `connector` of a source. */
export const connectorJson = ({
  kind,
  status,
  since,
  lastMessageAt,
  reconnects,
  lastError,
  lastErrorAt,
  retryAt,
  counts,
  gaps,
  watching,
}: ConnectorView): JsonObject => ({
  kind,
  state: status,
  since: iso(since),
  lastMessageAt: isoOrNull(lastMessageAt),
  reconnects,
  lastError,
  lastErrorAt: isoOrNull(lastErrorAt),
  retryAt: isoOrNull(retryAt),
  counts: { ...counts },
  gaps,
  watching,
});
