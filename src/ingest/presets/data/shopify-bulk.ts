// Shopify bulk operations: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of Shopify bulk operations. */
export const shopifyBulk: Preset = {
  name: "shopify-bulk",
  title: "Shopify bulk operations",
  verify: "shopify",
  map: {
    event: {
      path: 'join(\':\', ["$headers"."x-shopify-topic", status])',
      values: {
        "bulk_operations/finish:completed": "job.finished",
        "bulk_operations/finish:failed": "job.failed",
        "bulk_operations/finish:canceled": "job.failed",
        "bulk_operations/finish:expired": "job.failed",
      },
    },
    id: '"$headers"."x-shopify-webhook-id"',
    guid: "admin_graphql_api_id",
    account: '"$headers"."x-shopify-shop-domain"',
    status: "status",
    error: "error_code",
    time: "completed_at || created_at",
  },
  setup: [
    "Subscribe your app to the topic bulk_operations/finish with the URL {url}, in " +
      "shopify.app.toml or by webhookSubscriptionCreate.",
    "Store the app's client secret as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "many",
    sentence:
      "Shopify wants an answer within five seconds and tries eight times within four hours.",
  },
  lacks: [
    "Only ends are reported, without the file's address; ask for it by the operation's id.",
    "The id is a gid:// address: encode it where it stands in a path.",
  ],
};
