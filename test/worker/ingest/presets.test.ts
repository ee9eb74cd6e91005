// Every fixture of every preset, signed as its sender signs and sent through the Worker's routes.

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { app } from "../../../src/app.ts";
import { settingsOf } from "../../../src/config/load.ts";
import { parseSettings } from "../../../src/config/parse.ts";
import type { SourceSettings } from "../../../src/config/settings.ts";
import { PRESETS } from "../../../src/ingest/presets/registry.ts";
import type { CompiledRecipe } from "../../../src/ingest/recipe/scheme.ts";
import { signSample } from "../../../src/ingest/recipe/sign/sign.io.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import type { Json } from "../../../src/kernel/json.ts";

declare global {
  interface ImportMeta {
    /** What the bundler of the tests finds: files by their paths. */
    glob<T>(
      pattern: string,
      options: { readonly eager: true; readonly import: "default" },
    ): Readonly<Record<string, T>>;
  }
}

/** One request of a provider, and what its preset makes of it. */
interface Fixture {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Json;
  readonly expect: {
    readonly event?: string | null;
    readonly guid?: string;
    readonly account?: string | null;
    readonly url?: string | null;
    readonly error?: string | null;
    readonly current?: number | null;
    readonly total?: number | null;
    readonly counts?: boolean;
    readonly time?: string | null;
    readonly issues?: readonly string[];
  };
}

const FILES = import.meta.glob<Fixture>("../../fixtures/presets/*/*.json", {
  eager: true,
  import: "default",
});

/**
 * A shared secret that every preset can use, and a private ed25519 key for those with public keys.
 */
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PRIVATE_KEY = `whsk_${"A".repeat(43)}=`;

/** Presets whose sender publishes its keys. */
const WITH_KEYS: ReadonlySet<string> = new Set(["fal"]);

/** A source for each fixture, so that no job meets another's events. */
const FIXTURES = Object.entries(FILES).map(([path, fixture], index) => {
  const [preset = "", file = ""] = path.split("/").slice(-2);
  return { preset, file, fixture, source: `s${index}` };
});

const ENV = {
  ...env,
  ADMIN_TOKEN: "admin",
  PRESET_SECRET: SECRET,
  SOURCES: FIXTURES.map(({ source, preset }) => ({
    id: source,
    provider: preset,
    secrets: WITH_KEYS.has(preset) ? [] : ["PRESET_SECRET"],
  })),
  RULES: [],
};

function sourceOf(id: string): SourceSettings {
  const settings = settingsOf(ENV);
  const source = settings.ok ? settings.value.sources.get(id) : undefined;
  if (source === undefined) throw new Error(JSON.stringify(settings));
  return source;
}

async function call(url: string, init: RequestInit): Promise<Response> {
  // What is counted after the answer is not waited for.
  return app.fetch(new Request(url, init), ENV, createExecutionContext());
}

/** A recipe that has to be there. */
function recipeOf({ recipe }: SourceSettings): CompiledRecipe {
  if (recipe === null) throw new Error("nothing is verified");
  return recipe;
}

type Given = (typeof FIXTURES)[number];

/** Signs a fixture and posts it; `change` alters the body after it was signed. */
async function post(given: Given, id: string, change = (text: string) => text): Promise<Response> {
  const { source, fixture, preset } = given;
  const query = new URLSearchParams(fixture.query).toString();
  const signed = await signSample(recipeOf(sourceOf(source)), {
    body: utf8(JSON.stringify(fixture.body)),
    secret: WITH_KEYS.has(preset) ? PRIVATE_KEY : SECRET,
    now: Date.now(),
    url: `http://relay.test/hooks/${source}${query === "" ? "" : `?${query}`}`,
    id,
    headers: { ...fixture.headers, "content-type": "application/json" },
  });
  if (!signed.ok) throw new Error(signed.fault);
  const body = change(new TextDecoder().decode(signed.value.body));
  return call(signed.value.url, { method: "POST", headers: signed.value.headers, body });
}

async function firstEvent(source: string, guid: string): Promise<object> {
  const url = `http://relay.test/v1/jobs/${source}/${encodeURIComponent(guid)}/events`;
  const response = await call(url, { headers: { authorization: "Bearer admin" } });
  const { items } = (await response.json()) as { readonly items: readonly { event: object }[] };
  return items[0]?.event ?? {};
}

/** The public half of `PRIVATE_KEY`, an ed25519 seed of zeros, as its sender publishes it. */
const KEY_SET = {
  keys: [{ kty: "OKP", crv: "Ed25519", x: "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik" }],
};

beforeEach(() => {
  vi.spyOn(globalThis, "fetch").mockImplementation(() => Promise.resolve(Response.json(KEY_SET)));
});

afterEach(() => {
  vi.restoreAllMocks();
});

test("every preset has fixtures here", () => {
  expect([...new Set(FIXTURES.map(({ preset }) => preset))].toSorted()).toEqual(
    PRESETS.map(({ name }) => name),
  );
  expect(parseSettings(ENV).ok).toBe(true);
});

/** What came of a fixture: the first event of its job, or the answer that its sender got. */
async function outcomeOf(given: Given): Promise<unknown> {
  const response = await post(given, "msg-1");
  const answer = (await response.json()) as {
    readonly result?: string;
    readonly job?: { readonly guid: string };
    readonly issues?: readonly { readonly path: string }[];
  };
  const answered = response.status;
  if (answer.result === "accepted" && answer.job !== undefined)
    return { answered, ...(await firstEvent(given.source, answer.job.guid)) };
  const paths = answer.issues?.map(({ path }) => path);
  return paths === undefined ? { answered, ...answer } : { answered, paths };
}

/** What a fixture says that comes of it. */
function wantedOf({ fixture, source, file }: Given): object {
  const { event, issues, guid, url, account, error, time, total } = fixture.expect;
  if (file === "validation.json") return { answered: 200, plainToken: "qgg8vlvZRS6UYooatFL8Aw" };
  if (issues !== undefined) return { answered: 422, paths: issues };
  if (event === null) return { answered: 202, result: "ignored" };
  const isProgress = event === "job.progress";
  const current = fixture.expect.counts === true ? 1 : fixture.expect.current;
  const at = typeof time === "string" ? Date.parse(time) : Number.POSITIVE_INFINITY;
  const members: readonly (readonly [string, unknown])[] = [
    ["event", event],
    ["guid", guid],
    ["url", url],
    ["account", account === null ? source : account],
    ["current", isProgress ? (current ?? undefined) : undefined],
    ["total", isProgress ? (total ?? undefined) : undefined],
    ["details", typeof error === "string" ? { error } : undefined],
    ["occurredAt", at < Date.now() ? new Date(at).toISOString() : undefined],
  ];
  return {
    answered: 202,
    ...Object.fromEntries(members.filter(([, value]) => value !== undefined)),
  };
}

describe.each(FIXTURES)("$preset: $file", (given) => {
  test("signed by its sender, becomes what the preset says", async () => {
    expect(await outcomeOf(given)).toMatchObject(wantedOf(given));
  });

  test("sent again is a duplicate, or says the same", async () => {
    const before = await (await post(given, "msg-2")).text();
    const response = await post(given, "msg-2");
    const after = await response.text();
    const repeats = after === before || after.includes('"duplicate"');
    expect([response.status < 500, repeats]).toEqual([true, true]);
  });

  test("with another body is refused, unless a token is all that proves it", async () => {
    const response = await post(given, "msg-3", (text) => text.replace(/.$/, ' ,"x":1}'));
    const isToken = recipeOf(sourceOf(given.source)).schemes[0]?.proof.kind === "token";
    expect(response.status === 401).toBe(!isToken);
  });
});
