// A poll that waits: the Worker listens to the object over a hibernatable socket, and asks for the
// page once there is one.

import { writeJson } from "../../kernel/json.ts";
import { utf8 } from "../../kernel/bytes.ts";
import { ok, type Result } from "../../kernel/result.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import { CLOSE, type Frame, type Page } from "../frames.ts";
import { readPage, connect } from "./owner.io.ts";
import type { Refusal } from "./refusal.ts";
import type { Target } from "./request.ts";
import type { PageQuery } from "../stream.ts";

/**
 * An answer to a poll: `none` without a job, a page that is there already, or the body of a later
 * page.
 */
type PollAnswer =
  | { readonly kind: "none" }
  | { readonly kind: "page"; readonly page: Page }
  | { readonly kind: "later"; readonly body: ReadableStream<Uint8Array> };

/**
 * How often a space is written before the page, as JSON allows. Nothing else notices a reader that
 * has left: workerd does not end a request whose client closed its half of the connection
 * (2026-10).
 */
const SPACE_INTERVAL: Millis = 5 * SECOND;

/** How the wait ended: there may be something to read, there is nothing, or the reader has left. */
type WaitOutcome = "changed" | "unchanged" | "left";

/**
 * True for an event, and for a hello that could not continue at the cursor: both change the page.
 */
function changesPage(data: unknown): boolean {
  if (typeof data !== "string") return false;
  const frame = JSON.parse(data) as Frame;
  return frame.type === "event" || !frame.recovered;
}

/**
 * Listens for a change, for `wait` at most, and closes the socket. The token's end is "unchanged".
 * A broken socket is "changed", since only the page can tell why it broke.
 */
function listen(
  socket: WebSocket,
  wait: Millis,
): { readonly outcome: Promise<WaitOutcome>; readonly leave: () => void } {
  const { promise: outcome, resolve } = Promise.withResolvers<WaitOutcome>();
  const timer = setTimeout(() => finish("unchanged"), wait);
  const finish = (how: WaitOutcome): void => {
    clearTimeout(timer);
    socket.close(1000);
    resolve(how);
  };
  socket.addEventListener("message", ({ data }) => {
    if (changesPage(data)) finish("changed");
  });
  socket.addEventListener("close", ({ code }) =>
    finish(code === CLOSE.tokenExpired.code ? "unchanged" : "changed"),
  );
  socket.addEventListener("error", () => finish("changed"));
  socket.accept();
  return { outcome, leave: () => finish("left") };
}

/**
 * The body of an answer that waits. `again` asks for the page anew; `unchanged` is the empty page.
 */
function laterBody(
  socket: WebSocket,
  wait: Millis,
  unchanged: Page,
  again: () => Promise<Page | null>,
): ReadableStream<Uint8Array> {
  const { outcome, leave } = listen(socket, wait);
  let open = true;
  return new ReadableStream<Uint8Array>({
    start(controller): void {
      const spaces = setInterval(() => controller.enqueue(utf8(" ")), SPACE_INTERVAL);
      const finish = async (): Promise<void> => {
        const how = await outcome;
        clearInterval(spaces);
        // A job that was erased meanwhile answers an empty page; the next poll is answered 404.
        const page = how === "changed" ? ((await again()) ?? unchanged) : unchanged;
        if (!open) return;
        controller.enqueue(utf8(writeJson(page)));
        controller.close();
      };
      finish().catch((error: unknown) => controller.error(error));
    },
    cancel(): void {
      open = false;
      leave();
    },
  });
}

/**
 * Answers a poll at once when there is something after its cursor; else as soon as there is, or
 * after `wait` with an empty page. The page is read before the socket opens, and the socket
 * continues at the page's cursor, so no event is lost between the two.
 */
export async function poll(
  env: Env,
  target: Target,
  query: PageQuery,
  wait: Millis,
): Promise<Result<PollAnswer, Refusal>> {
  const asked = await readPage(env, target, query);
  if (!asked.ok) return asked;
  const page = asked.value;
  if (page === null) return ok({ kind: "none" });
  if (page.items.length > 0 || page.reset || wait === 0) return ok({ kind: "page", page });
  const next = { ...query, since: page.cursor };
  const connected = await connect(env, target, { ...next, protocol: null, probes: false });
  if (!connected.ok) return connected;
  const again = async (): Promise<Page | null> => {
    const answer = await readPage(env, target, next);
    return answer.ok ? answer.value : null;
  };
  return ok({ kind: "later", body: laterBody(connected.value.webSocket, wait, page, again) });
}
