// Frames of a Centrifugo server in JSON: several messages, one on each line.

import { isObject, parseText, writeJson, type Json, type JsonObject } from "../../kernel/json.ts";
import { isText, numberOf } from "../../kernel/json/exact-number.ts";
import { cutText } from "../../kernel/json/text.ts";
import { fault, ok, type Result } from "../../kernel/result.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import { membersOf } from "../../ingest/normalize/fields.ts";
import type { Position } from "../record.ts";

/** Characters of a frame. A recovery may bring 300 publications of 64 KB; more is an attack. */
const MAX_FRAME = 20_000_000;

/** Values and members of a frame: short ones take many times their characters in memory. */
const MAX_PARTS = 500_000;

/** Characters of names that are stored with a position; Centrifugo allows a channel 255. */
const MAX_NAME = 255;

/** What a binary frame is read as: nothing readable, for the connection speaks JSON. */
export const BINARY = "binary";

/** One publication. Without history a channel numbers nothing. */
export interface Publication {
  readonly data: Json;
  readonly offset: number | null;
  /** Named on the first publication of a stream only. */
  readonly epoch: string | null;
}

/** What a reply says about a channel. */
export interface Subscription {
  /** `null` for a channel without history. */
  readonly position: Position | null;
  /** True when `publications` are everything after the position that was asked for. */
  readonly recovered: boolean;
  readonly publications: readonly Publication[];
}

/** A message of the server. Zero values are left out on the wire. */
export type Message =
  | { readonly kind: "ping" }
  | {
      readonly kind: "connected";
      readonly id: number;
      readonly subscriptions: ReadonlyMap<string, Subscription>;
      /** Time between two pings; `null` when the server sends none. */
      readonly ping: Millis | null;
      readonly pong: boolean;
      readonly ttl: Millis | null;
    }
  | { readonly kind: "refreshed"; readonly ttl: Millis | null }
  | {
      readonly kind: "error";
      readonly id: number;
      readonly code: number;
      readonly message: string;
      readonly temporary: boolean;
    }
  | { readonly kind: "published"; readonly channel: string; readonly publication: Publication }
  | {
      readonly kind: "subscribed";
      readonly channel: string;
      readonly subscription: Subscription;
    }
  | { readonly kind: "unsubscribed"; readonly channel: string; readonly code: number }
  | { readonly kind: "disconnected"; readonly code: number; readonly reason: string }
  | { readonly kind: "other" };

/** What is wrong with a frame: it is none, or more than can be taken, however often it comes. */
export type FrameFault = "a frame is not readable" | "a frame is too large";

/** Reads a frame. */
export function readFrame(text: string): Result<readonly Message[], FrameFault> {
  if (text.length > MAX_FRAME || hasTooManyParts(text)) return fault("a frame is too large");
  const messages: Message[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const json = parseText(line);
    if (!json.ok && json.fault === "too-deep") return fault("a frame is too large");
    if (!json.ok || !isObject(json.value)) return fault("a frame is not readable");
    messages.push(messageOf(json.value));
  }
  return ok(messages);
}

/** True when a text may hold more than `MAX_PARTS` values; what stands in strings counts, too. */
function hasTooManyParts(text: string): boolean {
  if (text.length <= MAX_PARTS) return false;
  let parts = 0;
  for (let index = 0; index < text.length && parts <= MAX_PARTS; index += 1) {
    const code = text.charCodeAt(index);
    if (code === COMMA || code === BRACKET || code === BRACE) parts += 1;
  }
  return parts > MAX_PARTS;
}

const [COMMA, BRACKET, BRACE] = [0x2c, 0x5b, 0x7b];

function messageOf(json: JsonObject): Message {
  const id = countOf(json["id"]);
  if (isObject(json["push"])) return pushOf(json["push"]);
  if (id === 0) return Object.keys(json).length === 0 ? { kind: "ping" } : { kind: "other" };
  const { error, connect, refresh } = json;
  if (isObject(error))
    return {
      kind: "error",
      id,
      code: countOf(error["code"]),
      message: textOf(error["message"]),
      temporary: error["temporary"] === true,
    };
  if (isObject(connect)) return connectedOf(id, connect);
  return isObject(refresh)
    ? { kind: "refreshed", ttl: secondsOf(refresh["ttl"]) }
    : { kind: "other" };
}

const connectedOf = (id: number, reply: JsonObject): Message => ({
  kind: "connected",
  id,
  subscriptions: new Map(
    Object.entries(membersOf(reply["subs"]))
      .filter(([channel]) => channel.length <= MAX_NAME)
      .map(([channel, one]) => [channel, subscriptionOf(membersOf(one))]),
  ),
  ping: secondsOf(reply["ping"]),
  pong: reply["pong"] === true,
  ttl: secondsOf(reply["ttl"]),
});

function pushOf(push: JsonObject): Message {
  const channel = textOf(push["channel"]);
  if (channel.length > MAX_NAME) return { kind: "other" };
  const { pub, subscribe, unsubscribe, disconnect, refresh } = push;
  if (isObject(pub)) return { kind: "published", channel, publication: publicationOf(pub) };
  if (isObject(subscribe))
    return { kind: "subscribed", channel, subscription: subscriptionOf(subscribe) };
  if (isObject(unsubscribe))
    return { kind: "unsubscribed", channel, code: countOf(unsubscribe["code"]) };
  if (isObject(disconnect))
    return {
      kind: "disconnected",
      code: countOf(disconnect["code"]),
      reason: textOf(disconnect["reason"]),
    };
  return isObject(refresh)
    ? { kind: "refreshed", ttl: secondsOf(refresh["ttl"]) }
    : { kind: "other" };
}

function subscriptionOf(one: JsonObject): Subscription {
  const { publications } = one;
  const epoch = epochOf(one["epoch"]);
  return {
    position: epoch === null ? null : { epoch, offset: countOf(one["offset"]) },
    recovered: one["recovered"] === true,
    publications: Array.isArray(publications) ? publications.map(publicationOf) : [],
  };
}

const publicationOf = (json: Json): Publication => {
  const { data = null, offset, epoch } = membersOf(json);
  return {
    data,
    offset: offset === undefined ? null : countOf(offset),
    epoch: epochOf(epoch),
  };
};

const epochOf = (json: Json | undefined): string | null =>
  isText(json) && json.length <= MAX_NAME ? json : null;

/** A whole number; 0 for what is left out and for anything else. */
function countOf(json: Json | undefined): number {
  const number = numberOf(json);
  return number !== null && Number.isSafeInteger(number) && number > 0 ? number : 0;
}

/** What a server may ask for: less would keep the connector busy, more would let it sleep. */
const [MIN_SECONDS, MAX_SECONDS] = [1, 86_400];

const secondsOf = (json: Json | undefined): Millis | null => {
  const number = numberOf(json);
  if (number === null || !(number > 0)) return null;
  return Math.min(Math.max(number, MIN_SECONDS), MAX_SECONDS) * SECOND;
};

/** Characters of a text of the server that is shown. */
const MAX_SHOWN = 200;

const textOf = (json: Json | undefined): string => (isText(json) ? json : "");

/** What looks like a token or a key: a server may repeat what it was sent. */
const TOKEN = /[A-Za-z0-9+/_.-]{32,}/g;

/** The beginning of a text of the server, on one line and without tokens. */
export const shown = (text: string): string =>
  cutText(text.replaceAll(/\p{Cc}/gu, " ").replaceAll(TOKEN, "***"), MAX_SHOWN).trim();

/** What is asked for each channel, to go on after a position. */
const recoveries = (positions: ReadonlyMap<string, Position>): JsonObject =>
  Object.fromEntries(
    [...positions].map(([channel, { epoch, offset }]) => [
      channel,
      { recover: true, epoch, offset },
    ]),
  );

/** Id of the connect command. */
export const CONNECT_ID = 1;

/** The first command. */
export const connectCommand = (token: string, positions: ReadonlyMap<string, Position>): string =>
  writeJson({
    id: CONNECT_ID,
    connect: {
      token,
      name: "jobrelay",
      ...(positions.size === 0 ? {} : { subs: recoveries(positions) }),
    },
  });

/** The command that prolongs the connection. */
export const refreshCommand = (id: number, token: string): string =>
  writeJson({ id, refresh: { token } });
