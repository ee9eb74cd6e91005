// A poll that waits: the Worker listens to the object over a socket that lets the object sleep, and asks for the page once there is one.

import type { Result } from "../kernel/result.ts";
import type { Millis } from "../kernel/time.ts";
import { CLOSE, type Frame, type Page } from "./frames.ts";
import { askPage, connect } from "./owner.io.ts";
import type { Refusal } from "./refusal.ts";
import type { Target } from "./request.ts";
import type { PageQuery } from "./stream.ts";

/** True for a frame that makes a page worth asking for: an event, or a hello that says that the place in the log is lost. */
function isNews(data: string | ArrayBuffer): boolean {
  if (typeof data !== "string") return false;
  const frame = JSON.parse(data) as Frame;
  return frame.type === "event" || !frame.recovered;
}

/**
 * Listens until there is news, or for `wait`, and closes the socket. `quiet` also when the token ended. A socket that was lost
 * is news: whoever asked may know why from the page. Should the reader leave, the runtime ends this request and the socket with it.
 */
function firstNews(socket: WebSocket, wait: Millis): Promise<"news" | "quiet"> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish("quiet"), wait);
    const finish = (outcome: "news" | "quiet"): void => {
      clearTimeout(timer);
      socket.close(1000);
      resolve(outcome);
    };
    socket.addEventListener("message", ({ data }) => {
      if (isNews(data as string | ArrayBuffer)) finish("news");
    });
    socket.addEventListener("close", ({ code }) => finish(code === CLOSE.tokenExpired.code ? "quiet" : "news"));
    socket.addEventListener("error", () => finish("news"));
    socket.accept();
  });
}

/**
 * Answers a poll at once when there is something after its cursor, else when there is, or after `wait` with an empty page.
 * The page comes first, because its cursor is where the socket continues: nothing falls between the two.
 */
export async function poll(env: Env, target: Target, query: PageQuery, wait: Millis): Promise<Result<Page | null, Refusal>> {
  const page = await askPage(env, target, query);
  if (!page.ok || page.value === null || page.value.items.length > 0 || page.value.reset || wait === 0) return page;
  const here = { ...query, since: page.value.cursor };
  const connected = await connect(env, target, { ...here, protocol: null });
  if (!connected.ok) return connected;
  return (await firstNews(connected.value.webSocket, wait)) === "quiet" ? page : askPage(env, target, here);
}
