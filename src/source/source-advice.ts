// What an operator can do about a source, in a sentence, for the API and all that use it.

import type { ConnectorStatus } from "../model/connector.ts";

/** So many refused in a row are no stray request: one of the last three should have been taken. */
export const REFUSED_IN_A_ROW = 3;

const CONNECTOR =
  "Its provider refuses the connector, as `lastError` says. Compare the secret and the address that `connect` or `poll` names.";

const REFUSED = "What it was sent last was refused. Its refused requests say why.";

/** What to do; `null` where nobody is needed. */
export function adviceForSource(
  refusedInARow: number,
  connector: ConnectorStatus | undefined,
): string | null {
  const advice = [
    ...(refusedInARow < REFUSED_IN_A_ROW ? [] : [REFUSED]),
    ...(connector === "failed" ? [CONNECTOR] : []),
  ];
  return advice.length === 0 ? null : advice.join(" ");
}
