// The parts of a web page that the client uses. All are optional, because it also runs without one.

/** A message channel between the tabs of one origin. */
export interface TabChannel {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** What a page has; Node, Deno, Bun and Workers have a part of it or nothing. */
export interface Page {
  readonly document?: { readonly hidden: boolean };
  readonly location?: { readonly origin: string };
  readonly navigator?: {
    readonly locks?: {
      request(
        name: string,
        options: { readonly signal: AbortSignal },
        held: () => Promise<void>,
      ): Promise<void>;
    };
  };
  readonly BroadcastChannel?: new (name: string) => TabChannel;
  readonly sessionStorage: { [key: `jobrelay:${string}`]: string | number };
  addEventListener?(
    type: string,
    listener: (event: { readonly type: string }) => void,
    until: { readonly signal: AbortSignal },
  ): void;
}

export const page = globalThis as unknown as Page;

const EVENTS = ["visibilitychange", "online", "offline", "pagehide", "pageshow"];

/**
 * Calls `look` now and after each change: `away` when the page is hidden or offline, `gone` when it
 * is left. Returns a function that stops it.
 */
export function watchPage(look: (away: boolean | undefined, gone: boolean) => void): () => void {
  let offline = false;
  const listen = ({ type }: { readonly type: string }): void => {
    offline = type === "offline" || (offline && type !== "online");
    const gone = type === "pagehide";
    look(gone || offline || page.document?.hidden, gone);
  };
  const until = new AbortController();
  for (const name of EVENTS) page.addEventListener?.(name, listen, until);
  listen({ type: "" });
  return () => until.abort();
}
