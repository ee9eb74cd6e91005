// Which encoding a client speaks, by what it asks for in its upgrade.

import type { Encoding } from "./encoding.ts";
import { JSON_ENCODING } from "./json.ts";
import { PROTOBUF_ENCODING } from "./protobuf.ts";

/** What SDKs offer as subprotocol for JSON; some offer nothing. */
export const JSON_PROTOCOL = "centrifuge-json";

/** What SDKs offer as subprotocol for Protobuf. */
export const PROTOBUF_PROTOCOL = "centrifuge-protobuf";

/** Members of the query by which a client asks for Protobuf, as at a Centrifugo server. */
const FORMATS = ["format", "cf_protocol"] as const;

/** The encoding that a client asks for by its subprotocol or its query; JSON by default. */
export const encodingOf = (protocol: string | null, query: URLSearchParams): Encoding =>
  protocol === PROTOBUF_PROTOCOL || FORMATS.some((name) => query.get(name) === "protobuf")
    ? PROTOBUF_ENCODING
    : JSON_ENCODING;
