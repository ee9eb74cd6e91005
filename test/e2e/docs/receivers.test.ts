// The receivers of docs/receivers.md, each in its own language: a delivery as the relay signs it, a
// changed one and an old one.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, describe, expect, test } from "vitest";
import { freePort, ROOT } from "../../../src/cli/local/relay-process.ts";
import { until } from "../../support/wait.ts";

const PAGE = readFileSync(join(ROOT, "docs", "receivers.md"), "utf8");
const SECRETS = [
  "whsec_bmV3IHNlY3JldCBvZiAyNCBieXRlcw==",
  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
];
const EVENT = {
  id: "evt_1",
  event: "job.finished",
  guid: "b4219d47",
  details: { name: "Zürich €" },
};

const directory = mkdtempSync(join(tmpdir(), "jobrelay-receivers-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The code of a section. */
function codeOf(section: string): string {
  const code = new RegExp(`\n## ${section}\n[^#]*?\`\`\`[a-z]+\n(.*?)\`\`\``, "s").exec(PAGE)?.[1];
  if (code === undefined) throw new Error(`docs/receivers.md has no code under ${section}`);
  return code;
}

interface Delivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function delivery(secret: string, at: number, body: string): Promise<Delivery> {
  const timestamp = String(Math.floor(at / 1_000));
  const key = await crypto.subtle.importKey(
    "raw",
    Buffer.from(secret.slice("whsec_".length), "base64"),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const content = new TextEncoder().encode(`evt_1.${timestamp}.${body}`);
  const mac = Buffer.from(await crypto.subtle.sign("HMAC", key, content)).toString("base64");
  return {
    headers: {
      "webhook-id": "evt_1",
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${"A".repeat(43)}= v1,${mac}`,
    },
    body,
  };
}

const text = JSON.stringify(EVENT);
const CASES = {
  right: () => delivery(SECRETS[1] ?? "", Date.now(), text),
  "signed by the newer secret": () => delivery(SECRETS[0] ?? "", Date.now(), text),
  changed: async () => ({
    ...(await delivery(SECRETS[1] ?? "", Date.now(), text)),
    body: text.replace("finished", "failed"),
  }),
  "signed by somebody else": () =>
    delivery(`whsec_${Buffer.alloc(24, 7).toString("base64")}`, Date.now(), text),
  old: () => delivery(SECRETS[1] ?? "", Date.now() - 301_000, text),
} as const;
const ACCEPTED: ReadonlySet<string> = new Set(["right", "signed by the newer secret"]);
const NAMES = Object.keys(CASES) as (keyof typeof CASES)[];

/** Whether a language is missing, which is said aloud. In CI its tests run, and fail. */
function lacks(command: string, version: string, install: string): boolean {
  if (spawnSync(command, [version]).error === undefined || process.env["CI"] !== undefined)
    return false;
  console.warn(`${command} is missing: its receiver is not tested (apt-get install -y ${install})`);
  return true;
}

/** Runs a program that prints `accepted` or `refused` for the delivery on its standard input. */
function run(command: string, args: readonly string[], { headers, body }: Delivery): string {
  const input = JSON.stringify({ headers, body, secrets: SECRETS });
  return execFileSync(command, [...args], { input, cwd: directory, encoding: "utf8" }).trim();
}

const verdict = (name: string): string => (ACCEPTED.has(name) ? "accepted" : "refused");

describe.skipIf(lacks("python3", "--version", "python3"))("the receiver in Python", () => {
  test.each(NAMES)("%s", async (name) => {
    const file = join(directory, "receiver.py");
    writeFileSync(
      file,
      `${codeOf("Python")}
import sys
given = json.load(sys.stdin)
try:
    event = unwrap(given["headers"], given["body"].encode(), given["secrets"])
    print("accepted" if event["guid"] == "b4219d47" else "wrong")
except ValueError:
    print("refused")
`,
    );
    expect(run("python3", [file], await CASES[name]())).toBe(verdict(name));
  });
});

describe.skipIf(lacks("php", "--version", "php-cli"))("the receiver in PHP", () => {
  test.each(NAMES)("%s", async (name) => {
    const file = join(directory, "receiver.php");
    writeFileSync(
      file,
      `<?php
${codeOf("PHP")}
$given = json_decode(file_get_contents('php://stdin'), true);
try {
    $event = unwrap($given['headers'], $given['body'], $given['secrets']);
    echo $event['guid'] === 'b4219d47' ? 'accepted' : 'wrong';
} catch (RuntimeException) {
    echo 'refused';
}
`,
    );
    expect(run("php", [file], await CASES[name]())).toBe(verdict(name));
  });
});

describe.skipIf(lacks("go", "version", "golang-go"))("the receiver in Go", () => {
  const program = join(directory, "receiver");
  test("builds, and judges every delivery", async () => {
    const main = codeOf("Go")
      .replace("package receiver", "package main")
      .replace('"encoding/base64"', '"encoding/base64"\n\t"encoding/json"')
      .replace('"errors"', '"errors"\n\t"fmt"')
      .replace('"net/http"', '"net/http"\n\t"os"');
    writeFileSync(
      join(directory, "receiver.go"),
      `${main}
func main() {
	var given struct {
		Headers map[string]string
		Body    string
		Secrets []string
	}
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		panic(err)
	}
	header := http.Header{}
	for name, value := range given.Headers {
		header.Set(name, value)
	}
	if Verify(header, []byte(given.Body), given.Secrets) == nil {
		fmt.Println("accepted")
	} else {
		fmt.Println("refused")
	}
}
`,
    );
    execFileSync("go", ["build", "-o", program, "receiver.go"], {
      cwd: directory,
      env: { ...process.env, GOFLAGS: "-mod=mod", GO111MODULE: "off" },
    });
    for (const name of NAMES)
      expect([name, run(program, [], await CASES[name]())]).toEqual([name, verdict(name)]);
  });
});

/** Bundles code that imports the package, as an application would. */
async function bundled(code: string, name: string, loader: "js" | "ts"): Promise<string> {
  const outfile = join(directory, name);
  await build({
    stdin: { contents: code, resolveDir: ROOT, loader },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "error",
    alias: { "jobrelay/webhook": join(ROOT, "src", "webhook", "index.ts") },
  });
  return outfile;
}

describe("the receiver in JavaScript", () => {
  test("for Node answers 204 to what the relay signed and 400 to all else", async () => {
    const file = await bundled(codeOf("Node, Deno, Bun, Workers"), "server.mjs", "js");
    const port = await freePort();
    const server = spawn(process.execPath, [file], {
      env: { ...process.env, RELAY_SECRETS: SECRETS.join(" "), PORT: String(port) },
      stdio: "ignore",
    });
    try {
      const url = `http://127.0.0.1:${port}/`;
      await until(async () => (await fetch(url).catch(() => null)) !== null);
      for (const name of NAMES) {
        const { headers, body } = await CASES[name]();
        const { status } = await fetch(url, { method: "POST", headers, body });
        expect([name, status]).toEqual([name, ACCEPTED.has(name) ? 204 : 400]);
      }
    } finally {
      server.kill();
    }
  });

  test("for Next.js does the same", async () => {
    process.env["RELAY_SECRETS"] = SECRETS.join(" ");
    const file = await bundled(codeOf("Next\\.js"), "route.mjs", "ts");
    const { POST } = (await import(file)) as {
      readonly POST: (request: Request) => Promise<Response>;
    };
    for (const name of NAMES) {
      const { headers, body } = await CASES[name]();
      const { status } = await POST(new Request("http://x/", { method: "POST", headers, body }));
      expect([name, status]).toEqual([name, ACCEPTED.has(name) ? 204 : 400]);
    }
  });
});
