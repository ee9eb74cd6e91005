// Signed webhooks as bytes, made before the clock starts.

import { createHmac } from "node:crypto";
import { post } from "./load.ts";
import { SOURCE_SECRET } from "./relay.ts";

/** What a webhook says beside its event and job. */
export interface Numbers {
  readonly current: number;
  readonly total: number;
}

/**
 * A webhook of ExportComments, of the size that its documentation shows (about 400 bytes). `path`
 * is where it goes: to the relay's source, or to a bare Worker.
 */
export function webhook(
  event: string,
  guid: string,
  numbers?: Numbers,
  path = "/hooks/comments",
): Buffer {
  const status =
    event === "job.progress" ? "progress" : event === "job.created" ? "queueing" : "done";
  const page = "https://www.example.com/posts/7318264953402817";
  const details = {
    guid,
    status,
    url: page,
    totalExported: numbers?.current ?? 0,
    total: numbers?.total ?? 0,
    download_link: null,
    json_url: null,
  };
  const body = JSON.stringify({
    version: "v3-beta",
    event,
    guid,
    status,
    url: null,
    details,
    ...numbers,
  });
  return post(path, body, {
    "x-signature": createHmac("sha256", SOURCE_SECRET).update(body).digest("hex"),
  });
}

/** `count` values made from their index. */
export const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** The ids of the events that a webhook's 202 names. */
export const idsOf = (body: string): readonly string[] =>
  (JSON.parse(body) as { readonly events?: readonly string[] }).events ?? [];
