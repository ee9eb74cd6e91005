// What the configuration says about one subscriber.

import { settingsOf } from "../config/load.ts";
import type { Settings, SubscriberSettings } from "../config/settings.ts";

/** A subscriber's settings, and those of the whole relay. */
export interface SubscriberConfig {
  readonly settings: Settings;
  readonly subscriber: SubscriberSettings;
}

/** A subscriber's settings, or why there are none: the configuration is invalid, or lacks it. */
export function subscriberConfig(env: object, id: string): SubscriberConfig | "invalid" | "absent" {
  const settings = settingsOf(env);
  if (!settings.ok) return "invalid";
  const subscriber = settings.value.subscribers.get(id);
  return subscriber === undefined ? "absent" : { settings: settings.value, subscriber };
}
