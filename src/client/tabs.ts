// One connection for all tabs: whoever holds a Web Lock leads, a BroadcastChannel carries what it
// hears to the others.

import { page, type TabChannel } from "./page.ts";

export interface Tabs {
  /**
   * Asks to lead; `led` is called when it is this tab's turn, at once where there are no tabs to
   * agree with.
   */
  lead(): void;
  /** Stops leading, or asking to: the next tab in the queue takes over. */
  leave(): void;
  post(message: unknown): void;
  close(): void;
}

/** Joins the tabs that show the same stream. The lock ends with its tab, whatever happens to it. */
export function joinTabs(name: string, led: () => void, heard: (message: unknown) => void): Tabs {
  const { document, navigator, BroadcastChannel: Channel } = page;
  const locks = document && Channel && navigator?.locks;
  let channel: TabChannel | undefined;
  if (locks) {
    channel = new Channel(name);
    channel.onmessage = ({ data }) => heard(data);
  }
  let asked: AbortController | undefined;
  const leave = (): void => {
    asked?.abort();
    asked = undefined;
  };
  return {
    lead() {
      if (asked) return;
      const { signal } = (asked = new AbortController());
      if (!locks) return led();
      const held = (): Promise<void> =>
        new Promise((resolve) => {
          signal.onabort = () => resolve();
          signal.throwIfAborted();
          led();
        });
      // Rejected when the request is withdrawn.
      locks.request(name, { signal }, held).catch(() => undefined);
    },
    leave,
    post: (message) => channel?.postMessage(message),
    close() {
      leave();
      channel?.close();
    },
  };
}
