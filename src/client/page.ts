// The little that the client uses of a web page, all of it optional: the same code runs where there
// is no page.

/** A message channel between the tabs of one origin. */
export interface TabChannel {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** What a page offers; Node, Deno, Bun and Workers offer a part of it or nothing. */
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
  readonly sessionStorage: { [key: `jobrelay:${string}`]: string };
  addEventListener?(type: string, listener: (event: { readonly type: string }) => void): void;
  removeEventListener?(type: string, listener: (event: { readonly type: string }) => void): void;
}

export const page = globalThis as unknown as Page;

const EVENTS = ["visibilitychange", "online", "offline", "pagehide", "pageshow"];

/**
 * Tells now, and whenever it may have changed, whether nobody looks or there is no network; `gone`
 * when the page is put away. Returns how to stop.
 */
export function watchPage(look: (away: boolean, gone: boolean) => void): () => void {
  let offline = false;
  const listen = ({ type }: { readonly type: string }): void => {
    offline = type === "offline" || (offline && type !== "online");
    const gone = type === "pagehide";
    look(gone || offline || !!page.document?.hidden, gone);
  };
  for (const name of EVENTS) page.addEventListener?.(name, listen);
  listen({ type: "" });
  return () => EVENTS.forEach((name) => page.removeEventListener?.(name, listen));
}
