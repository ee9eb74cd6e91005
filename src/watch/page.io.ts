// The watch page: shows one job to whoever has its link.

import { connect, type Client, type JobStream } from "../client/index.ts";
import { createDisplay, say, showBar } from "./display.io.ts";
import { INCOMPLETE, readLink, RECONNECTING, wordsOfRefusal, type WatchLink } from "./words.ts";

const tab = globalThis as unknown as {
  readonly location: { readonly pathname: string; readonly hash: string };
  addEventListener(type: "hashchange", listener: () => void): void;
};

/** How often the time left is counted down. */
const TICK = 1_000;

/** How long the page waits before it asks again for a job that is not there yet. */
const RETRY = 15_000;

/** Shows the job of a link until the returned function is called. */
function watch({ source, guid, token, account, exp }: WatchLink): () => void {
  const isOver = (): boolean => exp * 1_000 <= Date.now();
  const display = createDisplay();
  /** The link's token is the only one: none follows it. */
  const getToken = (): string => {
    if (isOver()) throw Object.assign(new Error("expired"), { status: 401 });
    return token;
  };
  let relay: Client | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const refused = (stream: JobStream): void => {
    const { text, isLater } = wordsOfRefusal(stream.error()?.code, isOver());
    relay?.close();
    // What a job ended with stays true, whatever becomes of the link.
    if (display.hasEnded()) return say("notice", "");
    display.forget();
    say("notice", text);
    if (isLater) retry = setTimeout(start, RETRY);
  };

  /** Connects. A new client asks for the job itself again, where it may have begun by now. */
  const start = (): void => {
    relay = connect({ account, getToken });
    const stream = relay.job(source, guid);
    stream.on("*", () => {
      const snapshot = stream.snapshot();
      if (snapshot !== undefined) display.show(snapshot);
    });
    stream.on("state", (state) => {
      if (state === "failed") refused(stream);
      else if (state === "live") say("notice", "");
      else if (state === "waiting" || state === "paused") say("notice", RECONNECTING);
    });
  };

  start();
  const timer = setInterval(display.countDown, TICK);
  return () => {
    clearInterval(timer);
    clearTimeout(retry);
    relay?.close();
  };
}

let stop = (): void => undefined;

function begin(): void {
  stop();
  const link = readLink(tab.location.pathname, tab.location.hash);
  if (link !== null) return void (stop = watch(link));
  say("state", "");
  say("notice", INCOMPLETE);
  showBar(false);
}

begin();
tab.addEventListener("hashchange", begin);
