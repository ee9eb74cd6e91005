// What a stranger, a neighbour and a careless operator try from outside, against the real Worker.

import { createHmac } from "node:crypto";
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import {
  ADMIN_TOKEN,
  SOURCE_SECRETS,
  startRelay,
  STREAM_SECRET,
  SUBSCRIBER_SECRET,
  type Relay,
} from "../support/relay.ts";
import { until } from "../support/wait.ts";

/** What only the subscriber may know of its own address. */
const PATH_SECRET = "T0PATHSECRET";
const QUERY_SECRET = "q0querysecret";
const HEADER_SECRET = "h0headersecret";

const MAX_BODY = 5_000;

let relay: Relay;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver();
  relay = await startRelay({
    vars: {
      HEADER_SECRET,
      SOURCES: [
        {
          id: "comments",
          provider: "exportcomments",
          secrets: ["COMMENTS_SECRET"],
          account: "acme",
          maxBody: MAX_BODY,
        },
        {
          id: "others",
          provider: "exportcomments",
          secrets: ["COMMENTS_SECRET"],
          account: "umbrella",
        },
        { id: "email", provider: "emailengine", secrets: ["EMAIL_SECRET"] },
        { id: "reports", provider: "betterez", secrets: ["REPORTS_SECRET"] },
      ],
      SUBSCRIBERS: [
        {
          id: "crm",
          url: `${receiver.url}/${PATH_SECRET}?token=${QUERY_SECRET}`,
          secrets: ["SUBSCRIBER_SECRET"],
          headers: { authorization: "Bearer ${HEADER_SECRET}" },
        },
      ],
    },
  });
});
afterAll(async () => {
  await relay.stop();
  await receiver.close();
});

const hmac = (secret: string, text: string): Buffer =>
  createHmac("sha256", secret).update(text).digest();

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Headers that say when and through which connection, not what. */
const INCIDENTAL: ReadonlySet<string> = new Set([
  "date",
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
]);

/** Sends the path as it is written: `fetch` would tidy it up. */
function send(
  path: string,
  init: {
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly body?: string;
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      relay.url,
      { path, method: init.method ?? "GET", headers: init.headers ?? {} },
      (incoming) => {
        let body = "";
        incoming.setEncoding("utf8");
        incoming.on("data", (chunk: string) => (body += chunk));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const headers = Object.entries(incoming.headers).filter(
            ([name]) => !INCIDENTAL.has(name),
          );
          resolve({
            status: incoming.statusCode ?? 0,
            headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
            body,
          });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(init.body);
  });
}

const asAdmin = { authorization: `Bearer ${ADMIN_TOKEN}` };
const json = async (
  path: string,
  init: { readonly method?: string } = {},
): Promise<{ readonly status: number; readonly json: unknown }> => {
  const { status, body } = await send(path, { ...init, headers: asAdmin });
  return { status, json: body === "" ? null : (JSON.parse(body) as unknown) };
};

const envelope = (event: string, guid: string, members: object = {}): string =>
  JSON.stringify({
    version: "v3-beta",
    event,
    guid,
    status: "any",
    url: null,
    details: { guid },
    ...members,
  });

const hook = (
  source: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  send(`/hooks/${source}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-signature": hmac(SOURCE_SECRETS.exportcomments, body).toString("hex"),
      ...headers,
    },
    body,
  });

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const now = (): number => Math.floor(Date.now() / 1_000);
const inTenMinutes = (): number => now() + 600;

/** A token as anyone can write one, signed or not. */
function tokenOf(
  claims: unknown,
  { head = {}, key = STREAM_SECRET }: { readonly head?: object; readonly key?: string } = {},
): string {
  const signed = `${part({ alg: "HS256", typ: "JWT", ...head })}.${part(claims)}`;
  return `${signed}.${hmac(key, signed).toString("base64url")}`;
}
const acme = (members: object = {}): string =>
  tokenOf({ sub: "acme", exp: inTenMinutes(), ...members });

/** How a WebSocket ends, or that it was opened: a first frame, or a silence. */
function socketTo(
  path: string,
  protocols: readonly string[] = [],
  headers: Record<string, string> = {},
): Promise<string> {
  return new Promise((resolve) => {
    const options = { protocols: [...protocols], headers } as unknown as string[];
    const socket = new WebSocket(`${relay.url.replace("http", "ws")}${path}`, options);
    const end = (text: string): void => {
      resolve(text);
      socket.close();
    };
    socket.addEventListener("message", ({ data }) =>
      end(`opened: ${(JSON.parse(String(data)) as { type: string }).type}`),
    );
    socket.addEventListener("close", ({ code, reason }) => end(`${code} ${reason}`));
  });
}

/** Tables of every object, but those that the local runtime keeps for itself. */
function tables(): readonly string[] {
  const files = (readdirSync(relay.persistTo, { recursive: true }) as string[]).filter((file) =>
    /jobrelay-\w+.[0-9a-f]{64}\.sqlite$/.test(file),
  );
  return files.flatMap((file) => {
    const database = new DatabaseSync(join(relay.persistTo, file), { readOnly: true });
    const names = database
      .prepare(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
      )
      .all();
    database.close();
    return names.map(({ name }) => `${file} ${String(name)}`);
  });
}

/** Every row of every object that holds a text. */
function rowsWith(text: string): readonly string[] {
  const files = (readdirSync(relay.persistTo, { recursive: true }) as string[]).filter((file) =>
    /jobrelay-\w+.[0-9a-f]{64}\.sqlite$/.test(file),
  );
  return files.flatMap((file) => {
    const database = new DatabaseSync(join(relay.persistTo, file), { readOnly: true });
    const names = database
      .prepare(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
      )
      .all();
    const found = names.flatMap(({ name }) =>
      database
        .prepare(`SELECT * FROM "${String(name)}"`)
        .all()
        .filter((row) =>
          Object.values(row).some((value) =>
            (value instanceof Uint8Array ? Buffer.from(value).toString() : String(value)).includes(
              text,
            ),
          ),
        )
        .map(() => `${/jobrelay-(\w+)/.exec(file)?.[1] ?? ""}.${String(name)}`),
    );
    database.close();
    return found;
  });
}

describe("a webhook that nobody signed", () => {
  const body = envelope("job.created", "forged");
  const signed = (secret: string, text = body): string => hmac(secret, text).toString("hex");
  const right = SOURCE_SECRETS.exportcomments;
  const bz = (t: string, secret: string): string => hmac(secret, `${t}.${body}`).toString("hex");
  const forgeries: readonly (readonly [string, string, () => Record<string, string>])[] = [
    ["no signature", "comments", () => ({})],
    ["an empty one", "comments", () => ({ "x-signature": "" })],
    ["one under an empty secret", "comments", () => ({ "x-signature": signed("\0") })],
    [
      "one under another source's secret",
      "comments",
      () => ({ "x-signature": signed(SOURCE_SECRETS.emailengine) }),
    ],
    [
      "one under the name of the secret",
      "comments",
      () => ({ "x-signature": signed("COMMENTS_SECRET") }),
    ],
    [
      "the first half of the right one",
      "comments",
      () => ({ "x-signature": signed(right).slice(0, 32) }),
    ],
    [
      "the right one and one digit more",
      "comments",
      () => ({ "x-signature": `${signed(right)}0` }),
    ],
    ["one over another body", "comments", () => ({ "x-signature": signed(right, `${body} `) })],
    [
      "the right one in another provider's header",
      "comments",
      () => ({ "x-ee-wh-signature": signed(right) }),
    ],
    ["an empty digest in base64", "email", () => ({ "x-ee-wh-signature": "=" })],
    [
      "one under the wrong secret in base64url",
      "email",
      () => ({ "x-ee-wh-signature": hmac("x", body).toString("base64url") }),
    ],
    [
      "the obsolete part alone",
      "reports",
      () => ({ "x-btrz-signature": `t=${now()},s=${bz(String(now()), SOURCE_SECRETS.betterez)}` }),
    ],
    [
      "an instant that was not signed",
      "reports",
      () => ({
        "x-btrz-signature": `t=${now()},s2=${bz(String(now() - 1), SOURCE_SECRETS.betterez)}`,
      }),
    ],
    [
      "two instants",
      "reports",
      () => ({
        "x-btrz-signature": `t=${now()},t=${now() - 1},s2=${bz(String(now()), SOURCE_SECRETS.betterez)}`,
      }),
    ],
    [
      "one that is a day old",
      "reports",
      () => ({
        "x-btrz-signature": `t=${now() - 86_400},s2=${bz(String(now() - 86_400), SOURCE_SECRETS.betterez)}`,
      }),
    ],
    [
      "one from tomorrow",
      "reports",
      () => ({
        "x-btrz-signature": `t=${now() + 86_400},s2=${bz(String(now() + 86_400), SOURCE_SECRETS.betterez)}`,
      }),
    ],
  ];

  test.each(forgeries)("with %s is refused like every other", async (_, source, headers) => {
    const answer = await send(`/hooks/${source}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers() },
      body,
    });
    expect({ status: answer.status, body: JSON.parse(answer.body) as unknown }).toEqual({
      status: 401,
      body: {
        type: "/docs/problems/unauthorized",
        status: 401,
        title: "Unauthorized",
        detail: "The request could not be verified.",
      },
    });
  });

  test("is refused before it is parsed, however broken it is", async () => {
    const answers = await Promise.all(
      ["", "{", `${"[".repeat(500)}${"]".repeat(500)}`, "\u0000"].map((text) =>
        hook("comments", text, { "x-signature": "00" }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  });

  test.each([
    "constructor",
    "__proto__",
    "toString",
    "hasOwnProperty",
    "comments%00",
    "comments%2F",
    "..%2Fcomments",
    "COMMENTS",
    "com%6dents%20",
  ])("finds no source behind the name %s", async (name) => {
    expect((await hook(name, body)).status).toBe(404);
  });
});

describe("a signed body that means harm", () => {
  test("is refused when it is compressed, whatever it would unpack to", async () => {
    const bomb = gzipSync("0".repeat(1_000_000)).toString("latin1");
    expect((await hook("comments", bomb, { "content-encoding": "gzip" })).status).toBe(415);
  });

  test("is refused when it grows past the limit without saying so", async () => {
    const body = envelope("job.created", "chunked", { pad: "x".repeat(MAX_BODY) });
    const answer = await hook("comments", body, { "transfer-encoding": "chunked" });
    expect(answer.status).toBe(413);
  });

  test("cannot set a prototype, and names of Object.prototype are ordinary names", async () => {
    const guid = "__proto__";
    const body = `{"event":"job.created","guid":"${guid}","details":{"guid":"${guid}","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":"text"}}`;
    expect((await hook("comments", body)).status).toBe(202);
    const { json: job } = await json(`/v1/jobs/comments/${guid}`);
    expect(job).toMatchObject({ guid, details: { guid, toString: "text" } });
    expect(JSON.stringify(job)).not.toContain('"__proto__":{');
    expect(
      (await receiver.waitFor((one) => one.body.includes(`"guid":"${guid}"`))).body.toString(),
    ).not.toContain('"__proto__":{');
  });

  test("may come from an account of any name without reaching another", async () => {
    for (const account of ["constructor", "__proto__", "acme/..", "acme\u200b", "ACME", "acme "]) {
      const body = JSON.stringify({
        event: "exportCompleted",
        account,
        data: { exportId: `of-${encodeURIComponent(account)}` },
      });
      const answer = await hook("email", body, {
        "x-ee-wh-signature": hmac(SOURCE_SECRETS.emailengine, body).toString("base64url"),
      });
      expect(answer.status).toBe(202);
    }
    const { json: page } = await json("/v1/jobs?account=acme&source=email");
    expect(page).toEqual({ items: [], cursor: null });
  });
});

/** What an honest token of `acme` says. */
const claims = (): object => ({ sub: "acme", exp: inTenMinutes() });

const unsigned = (head: object): string => `${part(head)}.${part(claims())}.`;

describe("a stream token that was not minted here", () => {
  const tokens: readonly (readonly [string, () => string])[] = [
    ["without an algorithm", () => unsigned({ alg: "none" })],
    ["without an algorithm, in another case", () => unsigned({ alg: "nOnE" })],
    [
      "without an algorithm but with a signature",
      () => tokenOf(claims(), { head: { alg: "none" } }),
    ],
    ["of another algorithm with our digest", () => tokenOf(claims(), { head: { alg: "RS256" } })],
    ["of HS512", () => tokenOf(claims(), { head: { alg: "HS512" } })],
    [
      "with an extension that it calls critical",
      () => tokenOf(claims(), { head: { crit: ["exp"] } }),
    ],
    [
      "under a key that it brings itself",
      () => tokenOf(claims(), { key: "k", head: { jwk: { kty: "oct", k: "aw" } } }),
    ],
    ["under an empty key", () => tokenOf(claims(), { key: "\0" })],
    ["under the admin token", () => tokenOf(claims(), { key: ADMIN_TOKEN })],
    ["under a source's secret", () => tokenOf(claims(), { key: SOURCE_SECRETS.exportcomments })],
    ["under a subscriber's secret", () => tokenOf(claims(), { key: SUBSCRIBER_SECRET })],
    ["without an end", () => tokenOf({ sub: "acme" })],
    ["with an end as text", () => tokenOf({ sub: "acme", exp: String(inTenMinutes()) })],
    ["with an end in milliseconds", () => tokenOf({ sub: "acme", exp: Date.now() * 1_000 })],
    ["that has ended", () => tokenOf({ sub: "acme", exp: inTenMinutes() - 601 })],
    ["of several accounts", () => tokenOf({ sub: ["acme"], exp: inTenMinutes() })],
    [
      "of an account that is no text",
      () => tokenOf({ sub: { toString: "acme" }, exp: inTenMinutes() }),
    ],
    ["with channels that are no list", () => tokenOf({ ...claims(), channels: "*" })],
    ["with four parts", () => `${acme()}.x`],
    [
      "with other claims under a signature",
      () =>
        [
          ...acme().split(".").slice(0, 1),
          part({ sub: "umbrella", exp: inTenMinutes() }),
          acme().split(".")[2],
        ].join("."),
    ],
  ];

  test.each(tokens)("%s opens nothing", async (_, make) => {
    const token = make();
    const path = "/v1/accounts/acme";
    const missing = await send(`${path}/events`);
    expect(missing.status).toBe(401);
    expect(await send(`${path}/events?token=${token}`)).toEqual(missing);
    expect(
      await send(`${path}/stream`, {
        headers: { accept: "text/event-stream", authorization: `Bearer ${token}` },
      }),
    ).toEqual(missing);
    expect(await socketTo(`${path}/stream?token=${token}`)).toBe("4500 invalid token");
    expect(await socketTo(`${path}/stream`, ["jobrelay.v1", token])).toBe("4500 invalid token");
  });

  // A Centrifugo client may bring a newer token in its first command: one that has ended is no
  // refusal yet.
  test.each(tokens.filter(([name]) => name !== "that has ended"))(
    "%s is refused at the Centrifugo door, too",
    async (_, make) => {
      expect(await socketTo(`/v1/accounts/acme/connection/websocket?token=${make()}`)).toBe(
        "3500 invalid token",
      );
    },
  );
});

describe("the admin token", () => {
  const wrong: readonly (readonly [string, Record<string, string>])[] = [
    ["nothing", {}],
    ["an empty one", { authorization: "Bearer " }],
    ["all but its last character", { authorization: `Bearer ${ADMIN_TOKEN.slice(0, -1)}` }],
    ["one character more", { authorization: `Bearer ${ADMIN_TOKEN}x` }],
    ["another case", { authorization: `Bearer ${ADMIN_TOKEN.toUpperCase()}` }],
    ["no scheme", { authorization: ADMIN_TOKEN }],
    [
      "another scheme",
      { authorization: `Basic ${Buffer.from(`admin:${ADMIN_TOKEN}`).toString("base64")}` },
    ],
    ["a cookie", { cookie: `token=${ADMIN_TOKEN}` }],
    ["the word null", { authorization: "Bearer null" }],
  ];

  test.each(wrong)("is not replaced by %s", async (_, headers) => {
    for (const path of [
      "/v1/jobs",
      "/v1/subscribers",
      `/v1/jobs?token=${ADMIN_TOKEN}`,
      "/v1/nothing",
    ])
      expect((await send(path, { headers })).status).toBe(401);
    expect(
      (
        await send("/v1/tokens", {
          method: "POST",
          headers,
          body: '{"account":"acme","expiresIn":60}',
        })
      ).status,
    ).toBe(401);
  });

  test("is not replaced by a stream token, in any method", async () => {
    const headers = { authorization: `Bearer ${acme()}` };
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      expect([method, (await send("/v1/jobs/comments/any", { method, headers })).status]).toEqual([
        method,
        401,
      ]);
    }
  });

  test.each([
    "//v1/jobs",
    "/v1//jobs",
    "/V1/jobs",
    "/%76%31/jobs",
    "/v1%2Fjobs",
    "/v1/./jobs",
    "/healthz/../v1/jobs",
    "/hooks/..%2Fv1/jobs",
    "/v1/jobs;a",
    "/v1/jobs/",
    "/v1\\jobs",
  ])("cannot be walked around by the path %s", async (path) => {
    expect([401, 404]).toContain((await send(path)).status);
  });

  test("is needed for what a method override asks for", async () => {
    await hook("comments", envelope("job.created", "overridden"));
    const headers = { ...asAdmin, "x-http-method-override": "DELETE", "x-http-method": "DELETE" };
    await send("/v1/jobs/comments/overridden?_method=DELETE", { headers });
    await send("/v1/jobs/comments/overridden?_method=DELETE", { method: "POST", headers });
    expect((await json("/v1/jobs/comments/overridden")).status).toBe(200);
  });
});

describe("a neighbour", () => {
  beforeAll(async () => {
    await hook("others", envelope("job.created", "theirs"));
  });

  test("cannot tell a foreign job or account from one that does not exist", async () => {
    const headers = { authorization: `Bearer ${acme()}` };
    const pairs = [
      ["/v1/jobs/others/theirs/events", "/v1/jobs/others/nobodys/events"],
      ["/v1/jobs/others/theirs/events", "/v1/jobs/no-source/nobodys/events"],
      ["/v1/jobs/others/theirs/stream", "/v1/jobs/others/nobodys/stream"],
      ["/v1/accounts/umbrella/events", "/v1/accounts/nobody/events"],
      ["/v1/accounts/umbrella/stream", "/v1/accounts/nobody/stream"],
      [
        "/v1/accounts/acme/events?channels=exports:umbrella",
        "/v1/accounts/acme/events?channels=exports:nobody",
      ],
    ] as const;
    for (const [foreign, missing] of pairs) {
      const accept = foreign.includes("/stream") ? { accept: "text/event-stream" } : {};
      const answer = await send(foreign, { headers: { ...headers, ...accept } });
      expect([foreign, answer.status]).toEqual([foreign, 404]);
      expect(answer).toEqual(await send(missing, { headers: { ...headers, ...accept } }));
    }
    for (const path of [
      "/v1/jobs/others/theirs",
      "/v1/jobs/others/nobodys",
      "/v1/accounts/umbrella",
      "/v1/accounts/nobody",
    ]) {
      expect(await socketTo(`${path}/stream?token=${acme()}`)).toBe("4507 not permitted");
    }
  });

  test.each([
    [["*"]],
    [["exports:*"]],
    [["exports:umbrella"]],
    [["export.*"]],
    [["export.theirs.job"]],
    [[":*", "e*"]],
  ])("with the channels %j sees nothing of another account", async (channels) => {
    const token = acme({ channels });
    const headers = { authorization: `Bearer ${token}` };
    expect((await send("/v1/jobs/others/theirs/events", { headers })).status).toBe(404);
    expect((await send("/v1/accounts/umbrella/events", { headers })).status).toBe(404);
    expect(
      (await send("/v1/accounts/acme/events?channels=exports:umbrella", { headers })).status,
    ).toBe(404);
    const page = await send("/v1/accounts/acme/events?channels=export.theirs.job&since=MDAuMA", {
      headers,
    });
    expect(page.body).not.toContain('"umbrella"');
  });

  test("with one job's channel sees neither the others of its own account nor its webhooks", async () => {
    const headers = { authorization: `Bearer ${acme({ channels: ["export.mine.job"] })}` };
    await hook("comments", envelope("job.created", "mine"));
    await hook("comments", envelope("job.created", "not-mine"));
    expect((await send("/v1/jobs/comments/mine/events", { headers })).status).toBe(200);
    expect((await send("/v1/jobs/comments/not-mine/events", { headers })).status).toBe(404);
    expect((await send("/v1/accounts/acme/events", { headers })).status).toBe(404);
    expect(
      (await send("/v1/accounts/acme/events?channels=export.mine.job,webhooks:acme", { headers }))
        .status,
    ).toBe(404);
    expect(
      (await send("/v1/accounts/acme/events?channels=export.mine.job&since=MDAuMA", { headers }))
        .body,
    ).not.toContain("not-mine");
  });

  test("cannot speak to an object in the words of the Worker", async () => {
    const open = Buffer.from(
      JSON.stringify({
        grant: { kind: "admin" },
        channels: ["exports:umbrella"],
        since: null,
        protocol: null,
      }),
    ).toString("base64url");
    const headers = { "x-jobrelay-open": open, "x-jobrelay-centrifugo": open };
    expect((await send("/v1/accounts/umbrella/events", { headers })).status).toBe(401);
    expect(await socketTo("/v1/accounts/umbrella/stream", [], headers)).toBe("4500 invalid token");
    expect(await socketTo(`/v1/accounts/umbrella/stream?token=${acme()}`, [], headers)).toBe(
      "4507 not permitted",
    );
    expect((await send("/stream", { headers })).status).toBe(404);
  });
});

describe("a page of another origin", () => {
  test.each(["https://evil.example", "null", "http://127.0.0.1", "http://localhost.evil.example"])(
    "from %s opens no stream, not even with a token",
    async (origin) => {
      const path = `/v1/accounts/acme/stream?token=${acme()}`;
      const answer = await send(path, { headers: { accept: "text/event-stream", origin } });
      expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([
        403,
        undefined,
      ]);
      expect(await socketTo(path, [], { origin })).toBe("4507 not permitted");
      expect(
        (
          await send(path, {
            method: "OPTIONS",
            headers: { origin, "access-control-request-method": "GET" },
          })
        ).headers["access-control-allow-origin"],
      ).toBeUndefined();
    },
  );

  test("is told nothing by the API, the relay's own origin included", async () => {
    for (const origin of ["https://evil.example", relay.url]) {
      const answer = await send("/v1/jobs", { headers: { ...asAdmin, origin } });
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });
});

describe("what strangers leave behind", () => {
  test("is nothing, when a token's holder asks for jobs that do not exist", async () => {
    const before = tables();
    const headers = { authorization: `Bearer ${acme()}` };
    for (const guid of ["none-1", "none-2", "none-3"]) {
      await send(`/v1/jobs/comments/${guid}/events`, { headers });
      await send(`/v1/jobs/nowhere/${guid}/stream`, {
        headers: { ...headers, accept: "text/event-stream" },
      });
      await send(`/v1/accounts/${guid}/events`, { headers });
    }
    await pause(100);
    expect(tables().filter((table) => !before.includes(table))).toEqual([]);
  });

  test("is nothing, when somebody without a token opens connections to accounts that do not exist", async () => {
    const before = tables();
    for (const account of ["stranger-1", "stranger-2"]) {
      await new Promise((resolve) => {
        const socket = new WebSocket(
          `${relay.url.replace("http", "ws")}/v1/accounts/${account}/connection/websocket`,
        );
        socket.addEventListener("open", () => socket.send('{"id":1,"connect":{}}'));
        socket.addEventListener("close", resolve);
      });
    }
    await pause(100);
    expect(tables().filter((table) => !before.includes(table))).toEqual([]);
  });
});

/** Jobs of a race that are listed and not there. */
async function ghosts(): Promise<readonly string[]> {
  const { json: page } = await json("/v1/jobs?account=acme&limit=100");
  const listed = (page as { items: readonly { guid: string }[] }).items
    .map(({ guid }) => guid)
    .filter((guid) => guid.startsWith("race-"));
  const all: string[] = [];
  for (const guid of listed)
    if ((await json(`/v1/jobs/comments/${guid}`)).status === 404) all.push(guid);
  return all;
}

describe("an erased job", () => {
  test("is gone from every table, the attempts to deliver it included", async () => {
    const guid = "erase-me-7f3a";
    await hook("comments", envelope("job.created", guid));
    await receiver.waitFor((one) => one.body.includes(guid));
    await until(() => rowsWith(guid).includes("Account.log") || undefined, {
      what: "the account's log",
    });
    await pause(500);
    expect((await json(`/v1/jobs/comments/${guid}`, { method: "DELETE" })).status).toBe(204);
    expect(rowsWith(guid)).toEqual([]);
  });

  test("does not come back through events that were on their way", async () => {
    for (let index = 0; index < 24; index += 1) {
      const guid = `race-${index}`;
      await hook("comments", envelope("job.created", guid));
      // A different instant of the erasure each time.
      const late = pause(index % 12).then(() => hook("comments", envelope("job.finished", guid)));
      await Promise.all([json(`/v1/jobs/comments/${guid}`, { method: "DELETE" }), late]);
    }
    await pause(1_500);
    expect(await ghosts()).toEqual([]);
  });
});

describe("secrets", () => {
  const SECRETS: readonly string[] = [
    ADMIN_TOKEN,
    STREAM_SECRET,
    SUBSCRIBER_SECRET,
    ...Object.values(SOURCE_SECRETS),
    QUERY_SECRET,
    HEADER_SECRET,
  ];

  test("are in no answer, no event and no page", async () => {
    await hook("comments", envelope("job.created", "quiet"), {
      authorization: `Bearer ${HEADER_SECRET}`,
      "x-other": QUERY_SECRET,
    });
    await receiver.waitFor((one) => one.body.includes('"quiet"'));
    await pause(300);
    const paths = [
      "/healthz",
      "/v1/subscribers",
      "/v1/subscribers/crm",
      "/v1/subscribers/crm/deliveries",
      "/v1/jobs",
      "/v1/jobs/comments/quiet",
    ];
    const more = [
      "/v1/jobs/comments/quiet/events?include=recorded",
      "/v1/accounts/acme/events?since=MDAuMA",
      "/.well-known/jobrelay-keys.json",
      "/",
    ];
    const text = (
      await Promise.all([...paths, ...more].map((path) => send(path, { headers: asAdmin })))
    )
      .map(({ body }) => body)
      .join("\n");
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
  });

  test("are not told to browsers as part of a subscriber's address", async () => {
    const headers = { authorization: `Bearer ${acme()}` };
    const { cursor } = JSON.parse((await send("/v1/accounts/acme/events", { headers })).body) as {
      readonly cursor: string;
    };
    await hook("comments", envelope("job.created", "address"));
    const page = await until(
      async () => {
        const { body } = await send(
          `/v1/accounts/acme/events?channels=webhooks:acme&since=${cursor}`,
          { headers },
        );
        return body.includes("responseCode") && body;
      },
      { what: "an attempt event" },
    );
    expect(page).not.toContain(PATH_SECRET);
  });

  test("are in no line of the log, whatever was asked before", async () => {
    const token = acme();
    const body = envelope("job.created", "logged");
    const signature = hmac(SOURCE_SECRETS.exportcomments, body).toString("hex");
    await hook("comments", body);
    await send(`/v1/accounts/acme/events?token=${token}`);
    await send(`/v1/accounts/acme/events?token=${ADMIN_TOKEN}`);
    await send(`/v1/accounts/acme/events?token=wrong-${ADMIN_TOKEN}`);
    await socketTo(`/v1/accounts/acme/stream?token=${token}`);
    await pause(200);
    const logs = relay.logs();
    expect(
      [...SECRETS, PATH_SECRET, token, signature].filter((secret) => logs.includes(secret)),
    ).toEqual([]);
  });
});
