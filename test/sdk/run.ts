// The official SDKs of Centrifugo in other languages against a relay of this checkout: each
// connects, gets events, is refreshed, and recovers across a relay that is killed. A tool that is
// not on the machine is named, and its SDK is left out. `npm run sdks`

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ADMIN_TOKEN, SOURCE_SECRETS, startRelay, type Relay } from "../support/relay.ts";
import { exportComments, sender } from "../support/senders.ts";
import { until } from "../support/wait.ts";

/** One SDK in one encoding: how it is installed, and how it is run. */
interface Sdk {
  readonly name: string;
  readonly encoding: "json" | "protobuf";
  readonly tool: string;
  readonly install: (folder: string) => void;
  readonly command: (folder: string) => readonly [string, readonly string[]];
}

const HERE = import.meta.dirname;

const run = (command: string, options: readonly string[], cwd = HERE): void => {
  execFileSync(command, options, { cwd, stdio: ["ignore", "ignore", "inherit"] });
};

const both = (sdk: Omit<Sdk, "encoding">): readonly Sdk[] => [
  { ...sdk, encoding: "json" },
  { ...sdk, encoding: "protobuf" },
];

const SDKS: readonly Sdk[] = [
  ...both({
    name: "centrifuge-go",
    tool: "go",
    install: (folder) => run("go", ["build", "-o", join(folder, "viewer"), "."], join(HERE, "go")),
    command: (folder) => [join(folder, "viewer"), []],
  }),
  ...both({
    name: "centrifuge-python",
    tool: "python3",
    install: (folder) => {
      run("python3", ["-m", "venv", folder]);
      const requirements = join(HERE, "python", "requirements.txt");
      run(join(folder, "bin", "pip"), ["install", "-q", "-r", requirements]);
    },
    command: (folder) => [join(folder, "bin", "python"), [join(HERE, "python", "client.py")]],
  }),
  {
    name: "centrifuge-java",
    encoding: "protobuf",
    tool: "mvn",
    install: (folder) =>
      run(
        "mvn",
        ["-q", "-B", "dependency:copy-dependencies", `-DoutputDirectory=${folder}`],
        join(HERE, "java"),
      ),
    command: (folder) => ["java", ["-cp", join(folder, "*"), join(HERE, "java", "Viewer.java")]],
  },
];

const hasTool = (tool: string): boolean => {
  try {
    execFileSync("which", [tool], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Seconds that a token lives, so that some are refreshed meanwhile. */
const TOKEN_LIFE = 6;

async function mint({ url }: Relay): Promise<string> {
  const answer = await fetch(`${url}/v1/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify({ account: "acme", expiresIn: TOKEN_LIFE }),
  });
  const { token } = (await answer.json()) as { readonly token: string };
  return token;
}

/** Serves a new token to whoever asks, and counts them. */
async function tokenServer(
  relay: () => Relay,
): Promise<{ url: string; count(): number; stop(): void }> {
  let count = 0;
  const server = createServer((_, response) => {
    count += 1;
    void mint(relay()).then(
      (token) => response.end(token),
      () => response.writeHead(503).end(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, count: () => count, stop: () => server.close() };
}

async function tryOut(sdk: Sdk, folder: string): Promise<void> {
  let relay = await startRelay();
  const tokens = await tokenServer(() => relay);
  const [program, options] = sdk.command(folder);
  const child: ChildProcess = spawn(program, [...options], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      STREAM_URL: `${relay.url.replace("http", "ws")}/v1/accounts/acme/connection/websocket`,
      TOKEN_URL: tokens.url,
      ENCODING: sdk.encoding,
    },
  });
  const lines: string[] = [];
  if (child.stdout !== null)
    createInterface(child.stdout).on("line", (line) => {
      lines.push(line);
      console.log(`  ${line}`);
    });
  const line = (text: string): Promise<unknown> =>
    until(() => lines.includes(text), { what: text, timeout: 60_000 });
  const send = (): ReturnType<typeof sender> =>
    sender(relay.url, {
      provider: "exportcomments",
      source: "comments",
      secret: SOURCE_SECRETS.exportcomments,
    });
  const job = { guid: "sdk", page: "https://example.com/video", total: 10 };
  try {
    await line("connected");
    await send()(exportComments.created(job));
    await line("event sdk 1 job.created");
    await until(() => tokens.count() >= 3, { what: "two refreshed tokens", timeout: 60_000 });
    await send()(exportComments.progress(job, 3));
    await line("event sdk 2 job.progress");
    if (lines.filter((text) => text === "connected").length !== 1)
      throw new Error("a refresh broke the connection");
    const { port, persistTo } = relay;
    await relay.kill();
    relay = await startRelay({ port, persistTo });
    await send()(exportComments.finished(job));
    await line("event sdk 3 job.finished");
    await line("recovered exports:acme true");
    const events = lines.filter((text) => text.startsWith("event sdk"));
    if (events.length !== 3) throw new Error(`doubled: ${events.join(", ")}`);
  } finally {
    child.kill();
    tokens.stop();
    await relay.stop();
  }
}

let failed = 0;
const folders = new Map<string, string>();
for (const sdk of SDKS) {
  const title = `${sdk.name} (${sdk.encoding})`;
  if (!hasTool(sdk.tool)) {
    console.log(`- ${title}: left out, no ${sdk.tool}`);
    continue;
  }
  console.log(title);
  try {
    const known = folders.get(sdk.name);
    const folder = known ?? mkdtempSync(join(tmpdir(), "sdk-"));
    folders.set(sdk.name, folder);
    if (known === undefined) sdk.install(folder);
    await tryOut(sdk, folder);
    console.log(`✓ ${title}`);
  } catch (error) {
    failed += 1;
    console.log(`✗ ${title}: ${String(error)}`);
  }
}
for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true });
process.exit(failed === 0 ? 0 : 1);
