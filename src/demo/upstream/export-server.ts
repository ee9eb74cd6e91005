// An export API as EmailEngine has it: exports whose counters grow, looked at one by one or listed.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { HOST } from "../../cli/local/relay-process.ts";
import type { JsonObject } from "../../kernel/json.ts";
import { close, listen } from "./listen.ts";

/** An export; its members may be changed while it runs. */
export interface ScriptedExport {
  readonly account: string;
  readonly exportId: string;
  status: "queued" | "processing" | "completed" | "failed" | "cancelled";
  phase: string | null;
  queued: number;
  exported: number;
  skipped: number;
  error: string | null;
}

/** An answer in place of the right one. */
export interface OddAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A running server. */
export interface ExportServer {
  readonly url: string;
  /** Adds an export that waits. */
  add(account: string, exportId: string): ScriptedExport;
  remove(exportId: string): void;
  /** What a request is answered with instead; `null` leaves it to the server. */
  odd: (path: string) => OddAnswer | "reset" | null;
  /** Paths that were asked for, and by how many requests at once at most. */
  readonly asked: { readonly path: string; readonly authorization: string; readonly at: number }[];
  readonly most: () => number;
  close(): Promise<void>;
}

const STATUS_PATH = /^\/v1\/account\/([^/]+)\/export\/([^/]+)$/;
const LIST_PATH = /^\/v1\/account\/([^/]+)\/exports$/;

/** Starts a server without exports; each answer takes `delay` ms. */
export async function startExportServer(delay = 0): Promise<ExportServer> {
  const exports = new Map<string, ScriptedExport>();
  const asked: ExportServer["asked"] = [];
  let [atOnce, most] = [0, 0];
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    atOnce -= 1;
    const url = new URL(request.url ?? "/", "http://x");
    const odd = state.odd(url.pathname);
    if (odd === "reset") return void request.socket.destroy();
    const { status, body, headers } = odd ?? answerOf(exports, url);
    response
      .writeHead(status, { "content-type": "application/json", ...headers })
      .end(body ?? "{}");
  };
  const server = createServer((request, response) => {
    asked.push({
      path: request.url ?? "/",
      authorization: request.headers.authorization ?? "",
      at: Date.now(),
    });
    atOnce += 1;
    most = Math.max(most, atOnce);
    setTimeout(() => handle(request, response), delay);
  });
  const port = await listen(server);
  const state: ExportServer = {
    url: `http://${HOST}:${port}`,
    asked,
    most: () => most,
    odd: () => null,
    add: (account, exportId) => {
      const added: ScriptedExport = {
        account,
        exportId,
        status: "queued",
        phase: null,
        queued: 0,
        exported: 0,
        skipped: 0,
        error: null,
      };
      exports.set(exportId, added);
      return added;
    },
    remove: (exportId) => void exports.delete(exportId),
    close: () => close(server),
  };
  return state;
}

function answerOf(exports: ReadonlyMap<string, ScriptedExport>, url: URL): OddAnswer {
  const one = STATUS_PATH.exec(url.pathname);
  if (one !== null) {
    const [, account = "", exportId = ""] = one.map((part) => decodeURIComponent(part));
    const found = exports.get(exportId);
    return found?.account === account ? json(statusOf(found)) : NOT_FOUND;
  }
  const list = LIST_PATH.exec(url.pathname);
  if (list === null) return NOT_FOUND;
  const account = decodeURIComponent(list[1] ?? "");
  const size = Number(url.searchParams.get("pageSize") ?? 20);
  const page = Number(url.searchParams.get("page") ?? 0);
  const all = [...exports.values()].filter((each) => each.account === account);
  return json({
    total: all.length,
    page,
    pages: Math.max(1, Math.ceil(all.length / size)),
    exports: all
      .slice(page * size, (page + 1) * size)
      .map(({ exportId, status }) => ({ exportId, status })),
  });
}

const json = (value: JsonObject): OddAnswer => ({ status: 200, body: JSON.stringify(value) });

const NOT_FOUND: OddAnswer = {
  status: 404,
  body: JSON.stringify({ statusCode: 404, error: "Not Found", message: "Export not found" }),
};

const statusOf = (one: ScriptedExport): JsonObject => ({
  exportId: one.exportId,
  status: one.status,
  ...(one.phase === null ? {} : { phase: one.phase }),
  folders: [],
  isEncrypted: false,
  progress: {
    foldersScanned: one.status === "queued" ? 0 : 2,
    foldersTotal: 2,
    messagesQueued: one.queued,
    messagesExported: one.exported,
    messagesSkipped: one.skipped,
    bytesWritten: one.exported * 70_000,
  },
  created: "2026-11-28T06:59:56.414Z",
  expiresAt: "2026-11-29T06:59:56.428Z",
  error: one.error,
});
