// Rules that can never match, and fields that look misspelt, are warned of.

import { describe, expect, test } from "vitest";
import { checkReport } from "../../../../src/cli/check/report.ts";

const SOURCES = [
  { id: "comments", provider: "exportcomments", secrets: ["KEY"], account: "acme" },
  { id: "email", provider: "emailengine", secrets: ["KEY"], accountPrefix: "mail-" },
];
const SUBSCRIBERS = [{ id: "crm", url: "https://crm.example.com/hooks", secrets: ["CRM"] }];

/** The warnings about one rule. */
function warnings(rule: object): readonly string[] {
  const report = checkReport({ SOURCES, SUBSCRIBERS, RULES: [{ id: "r", to: ["crm"], ...rule }] });
  expect(report.problems).toEqual([]);
  return report.warnings.filter((warning) => warning.startsWith("rule r"));
}

describe("check warns of a rule", () => {
  test.each([
    [
      { match: { event: "jobs.*" } },
      'rule r: event "jobs.*" is an event that no source of this configuration causes',
    ],
    [
      { match: { event: ["job.finished", "job.started"] } },
      'rule r: event "job.started" is an event that no source of this configuration causes',
    ],
    [
      { match: { event: "webhook.event.created" } },
      `rule r: event "webhook.event.created" is shown on the account's channel only and never forwarded`,
    ],
    [{ match: { source: "com?*" } }, 'rule r: source "com?*" matches no source'],
    [
      { match: { provider: "openai" } },
      'rule r: provider "openai" matches the provider of no source',
    ],
    [{ match: { account: "post-*" } }, 'rule r: account "post-*" matches the account of no source'],
    [
      { match: { event: "job.progress", source: "email" } },
      "rule r can never match: no source has such an event with this event, source",
    ],
    [
      { match: { event: "job.finished" }, where: { total: { $gt: 10 } } },
      'rule r can never match: only job.progress has "total"; the details of other events have "details.total" and "details.totalExported"',
    ],
    [
      { match: { event: "job.failed" }, where: { url: { $regex: "^https" } } },
      "rule r can never match: none of its events has a url",
    ],
    [
      { match: { event: "job.*" }, where: { status: "finished" } },
      'rule r can never match: none of its events has this "status"',
    ],
    [
      { where: { event: "job.failed", status: "done" } },
      "rule r can never match: no event meets all conditions of its where together",
    ],
    [
      { where: { "details.totalExportd": { $gt: 1 } } },
      'rule r: no details are known to have "totalExportd", is "totalExported" meant?',
    ],
    [
      { where: { skipRate: { $gt: 0.1 } } },
      'rule r: "skipRate" is no field of an event, is "details.skipRate" meant?',
    ],
    [
      { where: { acount: "acme" } },
      'rule r: "acount" is no field of an event, is "account" meant?',
    ],
    [
      { where: { "details.skipRate": { gt: 0.1 } } },
      'rule r: operators begin with $: is "$gt" meant?',
    ],
    [
      { where: { or: [{ status: "done" }] } },
      'rule r: "or" is no field of an event, is "$or" meant?',
    ],
    [
      { where: { $or: [{ statsu: "done" }, { status: "error" }] } },
      'rule r: "statsu" is no field of an event, is "status" meant?',
    ],
  ])("%j", (rule, warning) => {
    expect(warnings(rule)).toContain(warning);
  });

  test.each([
    {},
    { match: { event: "job.*", source: "*", account: ["acme", "mail-*", "mail-me"] } },
    { match: { event: "job.stalled" } },
    { match: { event: "relay.*" } },
    { match: { status: ["done", "error"] } },
    { match: { event: "job.progress" }, where: { total: { $gt: 10 } } },
    { match: { event: "job.finished" }, where: { total: { $exists: false }, url: null } },
    { where: { "details.total": { $gte: 1 }, "details.folders": { $size: 2 } } },
    { where: { $or: [{ status: "done" }, { current: { $gt: 5 } }] } },
    { where: { status: { $in: ["done", "error"] }, event: { $regex: "^job" } } },
    { match: { event: "subscription.updated" }, where: { plan: "pro" } },
  ])("and not of %j", (rule) => {
    expect(warnings(rule)).toEqual([]);
  });
});
