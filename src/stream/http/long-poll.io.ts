// A poll that waits: the Worker listens to the object over a socket that lets the object sleep, and asks for the page once there is one.

import { utf8 } from "../../kernel/bytes.ts";
import { ok, type Result } from "../../kernel/result.ts";
import { SECOND, type Millis } from "../../kernel/time.ts";
import { CLOSE, type Frame, type Page } from "../frames.ts";
import { readPage, connect } from "./owner.io.ts";
import type { Refusal } from "./refusal.ts";
import type { Target } from "./request.ts";
import type { PageQuery } from "../stream.ts";

/** An answer to a poll: none for a job that is not there, a page that is there already, or the body of one that will be. */
export type PollAnswer =
  | { readonly kind: "none" }
  | { readonly kind: "page"; readonly page: Page }
  | { readonly kind: "later"; readonly body: ReadableStream<Uint8Array> };

/**
 * A space is written this often before the page, as JSON allows: a reader that left without a word is noticed by nothing else
 * (workerd does not end a request whose client closed its half of the connection, 2026-10).
 */
const SIGN_OF_LIFE: Millis = 5 * SECOND;

/** How waiting ended: there may be something to read, there is nothing, or nobody reads any more. */
type Outcome = "news" | "quiet" | "left";

/** True for a frame that makes a page worth asking for: an event, or a hello that says that the place in the log is lost. */
function isNews(data: unknown): boolean {
  if (typeof data !== "string") return false;
  const frame = JSON.parse(data) as Frame;
  return frame.type === "event" || !frame.recovered;
}

/** Listens until there is news, for `wait` at most, and closes the socket. A token that ended is `quiet`; a socket that was lost is news, since only the page can tell why. */
function listen(
  socket: WebSocket,
  wait: Millis,
): { readonly outcome: Promise<Outcome>; readonly leave: () => void } {
  const { promise: outcome, resolve } = Promise.withResolvers<Outcome>();
  const timer = setTimeout(() => finish("quiet"), wait);
  const finish = (how: Outcome): void => {
    clearTimeout(timer);
    socket.close(1000);
    resolve(how);
  };
  socket.addEventListener("message", ({ data }) => {
    if (isNews(data)) finish("news");
  });
  socket.addEventListener("close", ({ code }) =>
    finish(code === CLOSE.tokenExpired.code ? "quiet" : "news"),
  );
  socket.addEventListener("error", () => finish("news"));
  socket.accept();
  return { outcome, leave: () => finish("left") };
}

/** The body of an answer that waits. `again` asks for the page anew; `quiet` is the empty page that stands for "nothing new". */
function laterBody(
  socket: WebSocket,
  wait: Millis,
  quiet: Page,
  again: () => Promise<Page | null>,
): ReadableStream<Uint8Array> {
  const { outcome, leave } = listen(socket, wait);
  let open = true;
  return new ReadableStream<Uint8Array>({
    start(controller): void {
      const life = setInterval(() => controller.enqueue(utf8(" ")), SIGN_OF_LIFE);
      const finish = async (): Promise<void> => {
        const how = await outcome;
        clearInterval(life);
        // A job that was erased meanwhile has nothing new; the next poll is told that it is gone.
        const page = how === "news" ? ((await again()) ?? quiet) : quiet;
        if (!open) return;
        controller.enqueue(utf8(JSON.stringify(page)));
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
 * Answers a poll at once when there is something after its cursor, else when there is, or after `wait` with an empty page.
 * The page comes first, because its cursor is where the socket continues: nothing falls between the two.
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
  const here = { ...query, since: page.cursor };
  const connected = await connect(env, target, { ...here, protocol: null });
  if (!connected.ok) return connected;
  const again = async (): Promise<Page | null> => {
    const answer = await readPage(env, target, here);
    return answer.ok ? answer.value : null;
  };
  return ok({ kind: "later", body: laterBody(connected.value.webSocket, wait, page, again) });
}
