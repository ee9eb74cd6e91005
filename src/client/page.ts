// The little that the client uses of a web page, all of it optional: the same code runs where there is no page.

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
    readonly locks?: { request(name: string, options: { readonly signal: AbortSignal }, held: () => Promise<void>): Promise<void> };
  };
  readonly BroadcastChannel?: new (name: string) => TabChannel;
  readonly sessionStorage: { [key: `jobrelay:${string}`]: string };
  addEventListener?(type: string, listener: (event: { readonly type: string }) => void): void;
  removeEventListener?(type: string, listener: (event: { readonly type: string }) => void): void;
}

export const page = globalThis as unknown as Page;
