// Holds the table of rooms and the rules of the house: each rule lists the places that break it.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  circlesOf,
  exportsOf,
  importsOf,
  sourcesOf,
  usesOf,
  withoutComments,
  withoutText,
  type Import,
  type Source,
} from "../support/sources.ts";

/**
 * Rooms that a room may import from, beside its own files (docs/architecture.md shows the same
 * table).
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  model: ["kernel"],
  durable: ["kernel", "model"],
  config: ["kernel", "model"],
  route: ["kernel", "model", "config"],
  operations: ["kernel", "model", "durable", "config", "route"],
  ingest: ["kernel", "model", "durable", "config"],
  stream: ["kernel", "model", "durable", "config"],
  job: ["kernel", "model", "durable", "config", "route", "stream"],
  account: ["kernel", "model", "durable", "config", "route", "stream"],
  deliver: ["kernel", "model", "durable", "config", "operations"],
  source: ["kernel", "model", "durable", "config", "operations"],
  upstream: ["kernel", "model", "durable", "config", "ingest"],
  api: [
    "kernel",
    "model",
    "durable",
    "config",
    "route",
    "ingest",
    "stream",
    "job",
    "account",
    "deliver",
    "source",
    "upstream",
    "samples",
  ],
  client: [],
  console: ["kernel", "client"],
  element: ["client"],
  watch: ["kernel", "client"],
  webhook: ["model"],
  samples: ["kernel", "model"],
  cli: ["kernel", "model", "client", "config", "ingest", "route", "samples"],
  demo: ["kernel", "model", "client", "config", "ingest", "route", "samples", "cli"],
  build: ["kernel", "api", "cli"],
};

/**
 * Rooms whose files the API may use whatever they do; of the others it uses pure files and types.
 */
const SHARED_ROOMS: ReadonlySet<string> = new Set(["kernel", "durable"]);

/**
 * Files that know senders as data. They are pure and reach only the kernel, the model and each
 * other, so that the configuration may import them though it stands below ingest.
 */
const SENDER_DATA = /^ingest\/(?:recipe|map|presets)\/(?:[a-z-]+\/)*[a-z0-9-]+\.ts$/;

/** Single files that may be imported beside the table, and by whom. */
const ALSO: readonly { readonly from: RegExp; readonly to: RegExp }[] = [
  { from: /^(?:app|index)\.ts$/, to: /./ },
  { from: /\.(?:object|routes|io)\.ts$|^api\//, to: /^(?:objects|rpc)\.ts$/ },
  {
    from: /^(?:client\/scripts|watch\/watch)\.routes\.ts$/,
    to: /^(?:\.\.\/dist\/scripts\.js|kernel\/http\/static-file\.ts)$/,
  },
  // Assertions of Cloudflare Access are verified as webhooks with published keys are.
  {
    from: /^api\/access\/assertion\.io\.ts$/,
    to: /^ingest\/(?:key-sets|recipe\/keys\/public)\.io\.ts$/,
  },
  { from: /^api\/mcp\/mcp\.routes\.ts$/, to: /^\.\.\/dist\/tools\.js$/ },
  { from: /^client\//, to: /^(?:stream\/(?:frames|log)|model\/reduce)\.ts$/ },
  // Recipes and maps are judged when the configuration is read (docs/decisions/0015).
  { from: /^config\//, to: SENDER_DATA },
  { from: /^api\/samples\.routes\.ts$/, to: /^ingest\/recipe\/sign\/sign-as\.io\.ts$/ },
  { from: /^api\/tokens\.routes\.ts$/, to: /^stream\/auth\/tokens\.io\.ts$/ },
];

/** Files whose exports are for others: the platform, npm and the bundler. */
const ENTRY_POINTS =
  /^src\/(?:index|api\/mcp\/tools-module\.d|client\/index|client\/react|client\/scripts\.d|webhook\/index|element\/index)\.ts$|^test\/(?:.*worker|mutants\/runner)\.ts$/;

const IMPURE = /\.(?:object|store|routes|io)\.ts$/;
/** Entries: `objects.ts` makes the stubs, so it speaks of their `fetch`. */
const ENTRY = /^(?:app|index|objects|rpc)\.ts$/;
const ELSEWHERE = /^(?:client|element|cli|console|demo|build)\//;
const isPure = (path: string): boolean =>
  !IMPURE.test(path) && !ENTRY.test(path) && !ELSEWHERE.test(path);

const roomOf = (path: string): string => path.split("/")[0] ?? path;

const ROOT = join(import.meta.dirname, "..", "..");
const SRC = sourcesOf("src");
const TEST = sourcesOf("test");
const EVERYTHING = [
  ...SRC.map((source) => ({ ...source, path: `src/${source.path}` })),
  ...TEST.map((source) => ({ ...source, path: `test/${source.path}` })),
];
const IMPORTS = SRC.flatMap(importsOf);

const shown = ({ from, specifier, typeOnly }: Import): string =>
  `${from} imports ${typeOnly ? "type " : ""}${specifier}`;

function isAllowed({ from, to, typeOnly }: Import): boolean {
  if (to === null || ALSO.some((rule) => rule.from.test(from) && rule.to.test(to))) return true;
  if (roomOf(to) === roomOf(from) && from.includes("/")) return true;
  if (from === "objects.ts") return typeOnly && to === "rpc.ts";
  if (from === "rpc.ts") return typeOnly;
  if (roomOf(from) === "client" && ["kernel", "model"].includes(roomOf(to))) return typeOnly;
  if (!(MAY_IMPORT[roomOf(from)] ?? []).includes(roomOf(to))) return false;
  return roomOf(from) !== "api" || SHARED_ROOMS.has(roomOf(to)) || typeOnly || isPure(to);
}

describe("rooms", () => {
  test("every folder of src is a room of the table", () => {
    const rooms = new Set(
      SRC.filter(({ path }) => path.includes("/")).map(({ path }) => roomOf(path)),
    );
    expect([...rooms].filter((room) => !Object.hasOwn(MAY_IMPORT, room))).toEqual([]);
  });

  test("a room imports only from the rooms that the table allows", () => {
    expect(IMPORTS.filter((one) => !isAllowed(one)).map(shown)).toEqual([]);
  });

  test("imports make no circle, those of types included", () => {
    expect(circlesOf(IMPORTS).map((files) => files.join(", "))).toEqual([]);
  });

  test("every export has an importer", () => {
    // Read from their place under the root, so that tests count as importers.
    const used = new Set(EVERYTHING.flatMap(usesOf));
    const unused = EVERYTHING.filter(({ path }) => !ENTRY_POINTS.test(path)).flatMap((source) =>
      exportsOf(source)
        .filter((name) => !used.has(`${source.path}#${name}`) && !used.has(`${source.path}#*`))
        .map((name) => `${source.path} exports ${name}`),
    );
    expect(unused).toEqual([]);
  });

  test("what the configuration imports of ingest reaches only the kernel and the model", () => {
    const reached = new Set(
      IMPORTS.filter(
        ({ from, to }) => roomOf(from) === "config" && roomOf(to ?? "") === "ingest",
      ).map(({ to }) => to ?? ""),
    );
    // A Set hands out what is added to it while it is walked.
    for (const path of reached)
      for (const { from, to } of IMPORTS)
        if (from === path && to !== null && roomOf(to) === "ingest") reached.add(to);
    const outside = IMPORTS.filter(
      ({ from, to }) =>
        reached.has(from) && to !== null && !["kernel", "model", "ingest"].includes(roomOf(to)),
    );
    expect([...reached].filter((path) => !SENDER_DATA.test(path) || !isPure(path))).toEqual([]);
    expect(outside.map(shown)).toEqual([]);
  });

  test("an import of our own names its file with its ending", () => {
    const known = new Set(SRC.map(({ path }) => path));
    expect(
      IMPORTS.filter(
        ({ to }) => to !== null && /\.tsx?$|(?:^|\/)[^.]*$/.test(to) && !known.has(to),
      ).map(shown),
    ).toEqual([]);
  });

  test("a file that is named beside its reader exists", () => {
    const named = /join\(import\.meta\.dirname((?:,\s*"[^"]+")+),?\s*\)/g;
    const beside = EVERYTHING.flatMap(({ path, code }) =>
      [...code.matchAll(named)].map(([, names]) =>
        join(dirname(path), ...(names?.match(/[^",\s]+/g) ?? [])),
      ),
    );
    expect(beside).toContain("test/support/platform/limited-worker.ts");
    expect(beside.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test("pure files name neither network, clock, chance nor console", () => {
    const named =
      /\b(?:fetch|Date|crypto|setTimeout|setInterval|queueMicrotask|console|caches)\b|\bMath\.random\b/g;
    const offenders = SRC.filter(({ path }) => isPure(path)).flatMap(({ path, bare }) =>
      [...new Set(bare.match(named))]
        .filter((word) => !(path === "kernel/time.ts" && word === "Date"))
        .map((word) => `${path} names ${word}`),
    );
    expect(offenders).toEqual([]);
  });

  test("pure files import no platform and no framework", () => {
    const offenders = IMPORTS.filter(
      ({ from, specifier }) => isPure(from) && /^(?:cloudflare:|node:|hono\b)/.test(specifier),
    );
    expect(offenders.map(shown)).toEqual([]);
  });

  test("only stores speak SQL", () => {
    const sql =
      /\bsql\s*\.\s*exec\b|\.exec(?:<[^(]*>)?\(\s*["'`]\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|PRAGMA|WITH)\b/i;
    expect(
      SRC.filter(({ path, code }) => !path.endsWith(".store.ts") && sql.test(code)).map(
        ({ path }) => path,
      ),
    ).toEqual([]);
  });

  test("only routes and the app import hono", () => {
    const routes =
      /^(?:ingest|api|stream|deliver|upstream|console|client|watch)\/(?:.*\/)?[^/]+\.routes\.ts$|^app\.ts$/;
    expect(
      IMPORTS.filter(({ from, specifier }) => /^hono\b/.test(specifier) && !routes.test(from)).map(
        shown,
      ),
    ).toEqual([]);
  });

  test("only objects import the platform's classes", () => {
    const objects = /\.object\.ts$|^(?:index|objects)\.ts$/;
    expect(
      IMPORTS.filter(
        ({ from, specifier }) => specifier.startsWith("cloudflare:") && !objects.test(from),
      ).map(shown),
    ).toEqual([]);
  });
});

const lines = ({ text }: Source): number => text.trimEnd().split("\n").length;

/** Lines that neither the formatter nor a person can break: what they hold is one literal. */
const holdsLiteral = (line: string): boolean => /["'`]|\/.+\/[a-z]*[;,)]?$/.test(line);
const isComment = (line: string): boolean => /^\s*(?:\/\/|\/\*|\*)/.test(line);
/** A comment may be longer only for an address that cannot be broken. */
const isTooWide = (line: string): boolean =>
  line.length > 100 && (isComment(line) ? !/https?:\/\/\S{60}/.test(line) : !holdsLiteral(line));

/** Folders of data: one file for each sender. */
const DATA_FOLDER = /^src\/ingest\/presets$|^test\/fixtures(?:\/|$)/;

describe("size and names", () => {
  test("no file of src is longer than 250 lines", () => {
    expect(
      SRC.filter((source) => lines(source) > 250).map(
        (source) => `${source.path}: ${lines(source)}`,
      ),
    ).toEqual([]);
  });

  test("a Durable Object is a clerk of fewer than 150 lines", () => {
    const objects = SRC.filter(({ path }) => path.endsWith(".object.ts"));
    expect(objects.length).toBeGreaterThan(0);
    expect(
      objects
        .filter((source) => lines(source) >= 150)
        .map((source) => `${source.path}: ${lines(source)}`),
    ).toEqual([]);
  });

  test("a folder holds at most 15 files", () => {
    const folders = Map.groupBy(
      EVERYTHING.map(({ path }) => path),
      (path) => path.slice(0, path.lastIndexOf("/")),
    );
    const crowded = [...folders].filter(
      ([folder, files]) => files.length > 15 && !DATA_FOLDER.test(folder),
    );
    expect(crowded.map(([folder, files]) => `${folder}: ${files.length}`)).toEqual([]);
  });

  test("no line is wider than 100 columns, unless it holds a literal", () => {
    const wide = EVERYTHING.flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, index) => (isTooWide(line) ? [`${path}:${index + 1}`] : [])),
    );
    expect(wide).toEqual([]);
  });

  test("files and folders have names in kebab case", () => {
    const kebab = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
    const offenders = EVERYTHING.filter(({ path }) =>
      path.split(/[/.]/).some((part) => !kebab.test(part)),
    );
    expect(offenders.map(({ path }) => path)).toEqual([]);
  });

  test("no name says that a file is a drawer for everything", () => {
    const drawer = /(?:^|[/-])(?:utils?|helpers?|managers?|services?|commons?|misc|lib)(?=[/.])/;
    expect(EVERYTHING.map(({ path }) => path).filter((path) => drawer.test(path))).toEqual([]);
  });
});

/** Names that earlier versions had, and that had to be explained. */
const decoded = new Set(
  [
    ["anteroom", "creditor", "debt", "debts", "desk", "door", "doors", "errand", "greet"],
    ["greeting", "hear", "heard", "lane", "lanes", "newborn", "noun", "owe", "owed", "patience"],
    ["pay", "portion", "seat", "seats", "shelf", "speech", "spoken", "stretch", "tidy"],
  ].flat(),
);
/** Members of stored JSON keep their names. */
const stored = /^job\/storage\//;

/** The words of a name: `heardAt` is heard and at, `MAX_SEATS` max and seats. */
const wordsOf = (name: string): readonly string[] =>
  (/[a-z]/.test(name) ? name.split(/(?=[A-Z])/) : name.split("_")).map((word) =>
    word.toLowerCase(),
  );

describe("language", () => {
  test("no name in src needs a dictionary", () => {
    const offenders = SRC.filter(({ path }) => !stored.test(path)).flatMap(({ path, bare }) =>
      [...new Set(bare.match(/[A-Za-z_]+/g))]
        .filter((name) => wordsOf(name).some((word) => decoded.has(word)))
        .map((name) => `${path}: ${name}`),
    );
    expect(offenders).toEqual([]);
  });
});

describe("text", () => {
  // Written in two halves, so that this file does not find itself.
  const forbidden = new RegExp(
    [
      ["\\bTO", "DO\\b"],
      ["\\bFIX", "ME\\b"],
      ["@ts-", "(?:ignore|nocheck|expect-error)"],
      ["(?:oxlint|eslint|biome)-", "(?:disable|ignore)"],
      ["\\b(?:test|it|describe)(?:\\.\\w+)*\\.", "(?:skip|only|todo|fails)\\b"],
    ]
      .map((halves) => halves.join(""))
      .join("|"),
    "g",
  );

  test("nothing is put off, ignored or skipped", () => {
    const offenders = EVERYTHING.flatMap(({ path, text }) =>
      [...new Set(text.match(forbidden))].map((found) => `${path}: ${found}`),
    );
    expect(offenders).toEqual([]);
  });

  test("no pattern looks for the end of a text behind a run of characters", () => {
    // From each place in such a run it reads the rest of it: hours for a megabyte of one character.
    const pattern =
      /(?<=[(,=:|&\s])\/(?![*/^])(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[\n])*[\])\w][+*]\$[|/]/g;
    const offenders = SRC.filter(({ path }) => !path.startsWith("cli/")).flatMap(({ path, code }) =>
      code
        .split("\n")
        .flatMap((line) => line.match(pattern) ?? [])
        .map((found) => `${path}: ${found}`),
    );
    expect("a.replace(/x+$/, b)".match(pattern)).toEqual(["/x+$/"]);
    expect(offenders).toEqual([]);
  });

  test("every file of src starts with a sentence that says what it is for", () => {
    const heading =
      /^(?:#![^\n]*\n)?(?:\/\*\* @jsx[^\n]*\n)*(?:(?:\/\/ [^\n]*\n)*\/\/ [^\n]*[.?!]\n|\/\*\*?\s[\s\S]*?[.?!]\s*\*\/)/;
    expect(SRC.filter(({ text }) => !heading.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

describe("this test", () => {
  test("reads src and test", () => {
    expect(EVERYTHING.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        "src/job/decide.ts",
        "src/kernel/time.ts",
        "test/unit/architecture.test.ts",
      ]),
    );
  });

  test("tells code from comments, quoted text, templates and regular expressions", () => {
    const source = [
      "const a = 'fetch'; // Date",
      'const b = "it\'s /* no comment */ Date";',
      "/* crypto */ const c = /[\"'`/]/.test(x);",
      "const d = `console ${now(1)} Date`;",
      "const e = real;",
    ].join("\n");
    const bare = withoutText(withoutComments(source));
    expect([
      /\b(?:fetch|Date|crypto|console)\b/.test(bare),
      bare.includes("now(1)"),
      bare.includes("real"),
    ]).toEqual([false, true, true]);
  });

  test("finds every form of import", () => {
    const text = [
      'import a from "./a.ts";',
      'import type { B } from "../job/b.ts";',
      'import {\n  c,\n  type C,\n} from "./c.ts";',
      'import "./d.ts";',
      'export { e } from "./e.ts";',
      'export * from "./f.ts";',
      'const g = await import("./g.ts");',
      '// import h from "./h.ts";',
    ].join("\n");
    const found = importsOf({ path: "stream/x.ts", text, code: withoutComments(text), bare: "" });
    expect(found.map(({ to, typeOnly }) => `${to}${typeOnly ? " (type)" : ""}`)).toEqual([
      "stream/a.ts",
      "job/b.ts (type)",
      "stream/c.ts",
      "stream/d.ts",
      "stream/e.ts",
      "stream/f.ts",
      "stream/g.ts",
    ]);
  });

  test.each([
    { from: "kernel/a.ts", to: "config/b.ts", typeOnly: false, allowed: false },
    { from: "config/a.ts", to: "kernel/b.ts", typeOnly: false, allowed: true },
    { from: "job/a.ts", to: "stream/b.ts", typeOnly: false, allowed: true },
    { from: "stream/a.ts", to: "job/b.ts", typeOnly: true, allowed: false },
    { from: "stream/a.ts", to: "route/b.ts", typeOnly: false, allowed: false },
    { from: "account/a.ts", to: "route/b.ts", typeOnly: false, allowed: true },
    { from: "job/a.ts", to: "objects.ts", typeOnly: false, allowed: false },
    { from: "job/a.io.ts", to: "objects.ts", typeOnly: false, allowed: true },
    { from: "client/a.ts", to: "kernel/b.ts", typeOnly: false, allowed: false },
    { from: "client/a.ts", to: "kernel/b.ts", typeOnly: true, allowed: true },
    { from: "client/a.ts", to: "stream/frames.ts", typeOnly: false, allowed: true },
    { from: "client/a.ts", to: "stream/log.ts", typeOnly: true, allowed: true },
    { from: "client/a.ts", to: "model/reduce.ts", typeOnly: false, allowed: true },
    { from: "client/a.ts", to: "model/event.ts", typeOnly: false, allowed: false },
    { from: "api/a.ts", to: "job/b.store.ts", typeOnly: false, allowed: false },
    { from: "api/a.ts", to: "job/b.store.ts", typeOnly: true, allowed: true },
    { from: "objects.ts", to: "rpc.ts", typeOnly: true, allowed: true },
    { from: "rpc.ts", to: "job/state.ts", typeOnly: true, allowed: true },
    { from: "rpc.ts", to: "job/state.ts", typeOnly: false, allowed: false },
    { from: "objects.ts", to: "job/job.object.ts", typeOnly: false, allowed: false },
    { from: "index.ts", to: "job/job.object.ts", typeOnly: false, allowed: true },
  ])("$from may import $to (type: $typeOnly): $allowed", ({ allowed, ...given }) => {
    expect(isAllowed({ ...given, specifier: "" })).toBe(allowed);
  });
});
