// The messages of the Centrifugo protocol in Protobuf, as far as the relay reads or writes them:
// names and numbers of centrifugal/protocol, definitions/client.proto (2026-08).

/**
 * What a field holds. `json` is a document of JSON as bytes. A map is written as messages of two
 * fields, the entries: 1 is the key, 2 the value.
 */
export type Field =
  | { readonly kind: "uint" | "int" | "bool" | "text" | "json" }
  | { readonly kind: "message" | "list"; readonly message: Message }
  | { readonly kind: "map"; readonly entry: Message };

/** A field with its name, as in JSON, and its number. */
export type NamedField = Field & { readonly name: string; readonly number: number };

/** The fields of a message, to be found by what stands in a frame. */
export interface Message {
  readonly byName: ReadonlyMap<string, NamedField>;
  readonly byNumber: ReadonlyMap<number, NamedField>;
}

/** A message's fields: the number of each and what it holds. */
type Fields = Readonly<Record<string, readonly [number, Field]>>;

function message(fields: Fields): Message {
  const named = Object.entries(fields).map(([name, [number, field]]) => ({
    ...field,
    name,
    number,
  }));
  return {
    byName: new Map(named.map((field) => [field.name, field])),
    byNumber: new Map(named.map((field) => [field.number, field])),
  };
}

const UINT: Field = { kind: "uint" };
const INT: Field = { kind: "int" };
const BOOL: Field = { kind: "bool" };
const TEXT: Field = { kind: "text" };
const JSON_BYTES: Field = { kind: "json" };
const holding = (fields: Fields): Field => ({ kind: "message", message: message(fields) });
const listOf = (element: Message): Field => ({ kind: "list", message: element });
const mapOf = (value: Message): Field => ({
  kind: "map",
  entry: message({ key: [1, TEXT], value: [2, { kind: "message", message: value }] }),
});

/** A message of which only the presence counts. */
const ANY = holding({});

const SUBSCRIBE_REQUEST = message({
  channel: [1, TEXT],
  recover: [3, BOOL],
  epoch: [6, TEXT],
  offset: [7, UINT],
  tf: [13, ANY],
  flag: [14, INT],
  type: [15, INT],
});

const STREAM_POSITION = message({ offset: [1, UINT], epoch: [2, TEXT] });

/** What a client sends. */
export const COMMAND = message({
  id: [1, UINT],
  connect: [4, holding({ token: [1, TEXT], subs: [3, mapOf(SUBSCRIBE_REQUEST)] })],
  subscribe: [5, { kind: "message", message: SUBSCRIBE_REQUEST }],
  unsubscribe: [6, holding({ channel: [1, TEXT] })],
  publish: [7, ANY],
  presence: [8, ANY],
  presence_stats: [9, ANY],
  history: [
    10,
    holding({
      channel: [1, TEXT],
      limit: [7, INT],
      since: [8, { kind: "message", message: STREAM_POSITION }],
      reverse: [9, BOOL],
    }),
  ],
  ping: [11, ANY],
  send: [12, ANY],
  rpc: [13, ANY],
  refresh: [14, holding({ token: [1, TEXT] })],
  sub_refresh: [15, ANY],
});

const PUBLICATION = message({ data: [4, JSON_BYTES], offset: [6, UINT] });

const SUBSCRIBE_RESULT = message({
  recoverable: [3, BOOL],
  epoch: [6, TEXT],
  publications: [7, listOf(PUBLICATION)],
  recovered: [8, BOOL],
  offset: [9, UINT],
  positioned: [10, BOOL],
  data: [11, JSON_BYTES],
  was_recovering: [12, BOOL],
});

/** A subscription that the server begins has numbers of its own. */
const SUBSCRIBE_PUSH = message({
  recoverable: [1, BOOL],
  epoch: [4, TEXT],
  offset: [5, UINT],
  positioned: [6, BOOL],
  data: [7, JSON_BYTES],
});

const LIFETIME = {
  client: [1, TEXT],
  version: [2, TEXT],
  expires: [3, BOOL],
  ttl: [4, UINT],
} satisfies Fields;

const PUSH = message({
  channel: [2, TEXT],
  pub: [4, { kind: "message", message: PUBLICATION }],
  unsubscribe: [7, holding({ code: [2, UINT], reason: [3, TEXT] })],
  subscribe: [9, { kind: "message", message: SUBSCRIBE_PUSH }],
});

/** What the relay sends. */
export const REPLY = message({
  id: [1, UINT],
  error: [2, holding({ code: [1, UINT], message: [2, TEXT], temporary: [3, BOOL] })],
  push: [4, { kind: "message", message: PUSH }],
  connect: [
    5,
    holding({
      ...LIFETIME,
      subs: [6, mapOf(SUBSCRIBE_RESULT)],
      ping: [7, UINT],
      pong: [8, BOOL],
      session: [9, TEXT],
    }),
  ],
  subscribe: [6, { kind: "message", message: SUBSCRIBE_RESULT }],
  unsubscribe: [7, ANY],
  history: [
    11,
    holding({ publications: [1, listOf(PUBLICATION)], epoch: [2, TEXT], offset: [3, UINT] }),
  ],
  ping: [12, ANY],
  refresh: [14, holding(LIFETIME)],
});
