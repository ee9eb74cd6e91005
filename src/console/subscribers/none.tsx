/** @jsxImportSource preact */
// What to do when there is no subscriber yet.

import type { JSX } from "preact";
import { Payload } from "../parts/payload.tsx";
import { Empty } from "../parts/states.tsx";

const EXAMPLE = `[[vars.SUBSCRIBERS]]
id = "crm"
url = "https://crm.example.com/hooks/jobs"
secrets = ["CRM_SIGNING_SECRET"]`;

export const NoSubscribers = (): JSX.Element => (
  <Empty title="No subscriber yet.">
    <p>
      Add one to <code>wrangler.toml</code>, store its signing secret (
      <code>npm run relay -- secret</code> prints one), and deploy.
    </p>
    <Payload name="Example" text={EXAMPLE} open />
  </Empty>
);
