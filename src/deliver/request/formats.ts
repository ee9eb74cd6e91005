// An emitted event in the form a subscriber asked for.

import { writeJson } from "../../kernel/json.ts";
import type { Format } from "../../config/settings.ts";
import { utf8 } from "../../kernel/bytes.ts";
import type { Dispatch } from "../../model/messages.ts";
import { binaryHeaders, structuredEvent } from "./cloudevents.ts";

/** A body ready to be signed and sent, and the headers of its format, lower-case. */
export interface Rendered {
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
  /** `json`: UTF-8 JSON written here. `bytes`: the provider's bytes as they came. */
  readonly content: "json" | "bytes";
}

const JSON_TYPE = "application/json";

/** `utf-8` in lower case: the CloudEvents JavaScript SDK (10.0.0) compares the whole text. */
const CLOUDEVENTS_TYPE = "application/cloudevents+json; charset=utf-8";

const json = (
  contentType: string,
  value: object,
  headers: Readonly<Record<string, string>> = {},
): Rendered => ({
  contentType,
  headers,
  body: utf8(writeJson(value)),
  content: "json",
});

/**
 * Renders an event. The same dispatch always gives the same bytes, so that a receiver can compare a
 * retry with its first attempt. The relay's own events, and events older than their subscriber,
 * have no provider's bytes: `raw` sends their envelope, and `content-type` and `x-jobrelay-event`
 * say so.
 */
export function render(format: Format, dispatch: Dispatch): Rendered {
  switch (format) {
    case "envelope":
      return json(JSON_TYPE, dispatch.event);
    case "cloudevents":
      return json(CLOUDEVENTS_TYPE, structuredEvent(dispatch));
    case "cloudevents-binary":
      return json(JSON_TYPE, dispatch.event, binaryHeaders(dispatch));
    case "raw":
      return dispatch.raw === undefined
        ? json(JSON_TYPE, dispatch.event)
        : {
            contentType: dispatch.raw.contentType,
            headers: {},
            body: dispatch.raw.body,
            content: "bytes",
          };
  }
}
