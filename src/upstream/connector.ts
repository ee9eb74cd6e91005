// What the object of a source asks of its connector, whichever kind it is.

import type { Millis } from "../kernel/time.ts";
import type { ConnectorView } from "../model/connector.ts";
import type { FeedDeps } from "./feed.io.ts";
import type { UpstreamStore } from "./upstream.store.ts";

/** What a connector works with. */
export interface ConnectorDeps {
  readonly store: UpstreamStore;
  readonly feed: FeedDeps;
  /** Lets the object look at `due` again. */
  readonly changed: () => void;
}

/** A connector in memory. */
export interface Connector {
  /** Does what is due; called by the alarm. Running it early or twice changes nothing. */
  run(now: Millis): Promise<void>;
  /** When `run` has something to do; `null` when nothing will be due by itself. */
  due(now: Millis): Millis | null;
  view(): ConnectorView;
  /** Lets go of everything in memory: the configuration has changed. */
  stop(): void;
}
