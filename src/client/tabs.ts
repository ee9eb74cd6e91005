// One connection for all tabs: the tab that holds a Web Lock is the leader and sends its frames to
// the others over a BroadcastChannel.

import { page, type TabChannel } from "./page.ts";

export interface Tabs {
  /** Asks to lead. `onLead` is called when this tab is the leader, at once without Web Locks. */
  lead(): void;
  /** Stops leading, or asking to; the next tab that asked takes over. */
  leave(): void;
  post(message: unknown): void;
  close(): void;
}

/** Joins the tabs that show the same stream. The browser frees the lock of a tab that ends. */
export function joinTabs(
  name: string,
  onLead: () => void,
  onMessage: (message: unknown) => void,
): Tabs {
  const { document, navigator, BroadcastChannel: Channel } = page;
  const locks = document && Channel && navigator?.locks;
  let channel: TabChannel | undefined;
  if (locks) {
    channel = new Channel(name);
    channel.onmessage = ({ data }) => onMessage(data);
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
      if (!locks) return onLead();
      const held = (): Promise<void> =>
        new Promise((resolve) => {
          signal.onabort = () => resolve();
          signal.throwIfAborted();
          onLead();
        });
      // It rejects when the request is aborted.
      locks.request(name, asked, held).catch(() => undefined);
    },
    leave,
    post: (message) => channel?.postMessage(message),
    close() {
      leave();
      channel?.close();
    },
  };
}
