// The channels of an account's stream: their names, and how many one connection may ask for.

import { exportsChannel, userChannel, webhooksChannel } from "../model/event.ts";
import { fault, ok, type Result } from "../kernel/result.ts";
import { mayOpenChannel, mayOpenChannels, type Grant } from "./auth/tokens.ts";

/** Most channels of one connection, as Centrifugo has it (`client.channel_limit`). */
export const MAX_CHANNELS = 128;

/**
 * Most characters of all channel names together. They are kept in the socket's attachment, which
 * holds 16,384 bytes and spends two on a character outside Latin-1. 128 channels of UUIDs take
 * 6,016.
 */
export const MAX_CHANNEL_CHARACTERS = 7_000;

/** What a channel name means to the account it is asked of. */
type ChannelKind = "exports" | "webhooks" | "user" | "job" | "foreign" | "unknown";

/** The guid of a job's channel; `null` when it is none. */
export function guidOf(channel: string): string | null {
  const guid =
    channel.startsWith("export.") && channel.endsWith(".job")
      ? channel.slice("export.".length, -".job".length)
      : "";
  return guid === "" ? null : guid;
}

/**
 * Reads a channel name. A job's channel names no account: on an account's stream it shows the job
 * of that account, if there is one.
 */
export function kindOf(channel: string, account: string): ChannelKind {
  if (channel === exportsChannel(account)) return "exports";
  if (channel === webhooksChannel(account)) return "webhooks";
  if (channel === userChannel(account)) return "user";
  if (guidOf(channel) !== null) return "job";
  return /^(?:exports|webhooks|user):./.test(channel) ? "foreign" : "unknown";
}

/** The channels of a stream whose request names none. */
export const defaultChannels = (account: string): readonly string[] => [
  exportsChannel(account),
  webhooksChannel(account),
  userChannel(account),
];

/** Why channels are refused. "not-permitted" looks like a channel that does not exist. */
type ChannelFault = "bad-request" | "not-permitted";

/**
 * Decides the channels of an account's stream from the names that were asked for. Without any, they
 * are the default channels that the grant covers: a narrow token opens what it can. Named channels
 * are opened all or none.
 */
export function chooseChannels(
  grant: Grant,
  account: string,
  names: readonly string[],
): Result<readonly string[], ChannelFault> {
  const named = [...new Set(names)].filter((name) => name !== "");
  if (named.length === 0) {
    const covered = defaultChannels(account).filter((channel) =>
      mayOpenChannel(grant, account, channel),
    );
    return covered.length === 0 ? fault("not-permitted") : ok(covered);
  }
  if (named.length > MAX_CHANNELS || named.join("").length > MAX_CHANNEL_CHARACTERS)
    return fault("bad-request");
  const kinds = new Set(named.map((channel) => kindOf(channel, account)));
  if (kinds.has("unknown")) return fault("bad-request");
  if (kinds.has("foreign") || !mayOpenChannels(grant, account, named))
    return fault("not-permitted");
  return ok(named);
}
