// What the publications of a channel mean.

import type { SourceSettings } from "../../config/settings.ts";
import { isText } from "../../kernel/json/exact-number.ts";
import { ok } from "../../kernel/result.ts";
import { ignoredEvent, membersOf, without } from "../../ingest/normalize/fields.ts";
import type { Provider } from "../../ingest/provider.ts";
import { eventIdOf } from "../../ingest/providers/exportcomments/ids.ts";
import { providerOf } from "../../ingest/providers/registry.ts";

/** Channels of ExportComments whose messages are about the account, told by their `type`. */
const TYPED_CHANNELS = ["user_notifications_channel:", "user_dashboard_channel:"] as const;

/** Members that the relay fills in itself. */
const OWN_MEMBERS = ["type", "id", "source", "account", "time"] as const;

/** The reader of a channel's publications: that of the source, or of typed messages. */
export const readerOf = (source: SourceSettings, channel: string): Provider =>
  source.provider === "exportcomments" &&
  TYPED_CHANNELS.some((prefix) => channel.startsWith(prefix))
    ? typedMessages
    : providerOf(source);

const typedMessages: Provider = {
  read: (json) => {
    const members = membersOf(json);
    const { type } = members;
    if (!isText(type) || type === "") return ok([ignoredEvent("a message without a type")]);
    return ok([
      {
        kind: "account",
        account: null,
        key: eventIdOf(members),
        body: { ...without(json, OWN_MEMBERS), type },
      },
    ]);
  },
};
