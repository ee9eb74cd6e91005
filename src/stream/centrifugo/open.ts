// What the Worker tells the account's object about a Centrifugo upgrade, and the subprotocols.

import { fromBase64, fromUtf8, toBase64Url, utf8 } from "../../kernel/bytes.ts";
import type { Grant } from "../auth/tokens.ts";
import { SUBPROTOCOL } from "../frames.ts";
import { JSON_PROTOCOL, PROTOBUF_PROTOCOL } from "./encoding/negotiation.ts";

/** An upgrade on its way to the object. The client's own upgrade was answered by the Worker. */
export interface CentrifugoOpen {
  /** What the verified token opens: the upgrade's own, or that of the connect command. */
  readonly grant: Grant;
}

/**
 * The internal header of an upgrade that the Worker sends to an object. It never comes from
 * outside: the Worker makes the whole request.
 */
export const CENTRIFUGO_HEADER = "x-jobrelay-centrifugo";

/**
 * Writes the header. Headers hold Latin-1 only, and account names may hold more, hence base64url.
 */
export const writeCentrifugoOpen = (open: CentrifugoOpen): string =>
  toBase64Url(utf8(JSON.stringify(open)));

/** Reads the header; `null` when the request does not come from the Worker. */
export function readCentrifugoOpen(header: string | null): CentrifugoOpen | null {
  const bytes = header === null ? null : fromBase64(header);
  return bytes === null ? null : (JSON.parse(fromUtf8(bytes)) as CentrifugoOpen);
}

/**
 * The subprotocol to answer an offer with; `null` when none of it is known. A client fails a
 * handshake whose offer is not answered.
 */
export function protocolFrom(header: string | null): string | null {
  const offered = (header ?? "").split(",").map((name) => name.trim());
  return (
    offered.find((name) => [JSON_PROTOCOL, PROTOBUF_PROTOCOL, SUBPROTOCOL].includes(name)) ?? null
  );
}
