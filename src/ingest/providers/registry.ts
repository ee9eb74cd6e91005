// The senders that the relay knows, one file each.

import type { ProviderName } from "../../config/settings.ts";
import type { Provider } from "../provider.ts";
import { betterez } from "./betterez.ts";
import { emailengine } from "./emailengine.ts";
import { exportcomments } from "./exportcomments/exportcomments.ts";

/** Provider files by the name that a source's `provider` gives. */
export const PROVIDER_FILES: Readonly<Record<ProviderName, Provider>> = {
  exportcomments,
  emailengine,
  betterez,
};
