// Builders of updates, as ingest sends them to a job.

import type { JobUpdate } from "../../../src/model/messages.ts";

let serial = 0;

/** An update with an id of its own; `guid` and `event` are the least a test names. */
export function update(
  guid: string,
  event: JobUpdate["event"],
  members: Partial<JobUpdate> = {},
): JobUpdate {
  serial += 1;
  const { current = null, total = null } = members;
  return {
    event,
    source: "comments",
    provider: "exportcomments",
    account: "acme",
    guid,
    key: { kind: "id", value: `msg_${serial}` },
    url: null,
    current,
    total,
    error: null,
    details: {
      guid,
      ...(current === null ? {} : { totalExported: current }),
      ...(total === null ? {} : { total }),
    },
    occurredAt: null,
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ...members,
  };
}
