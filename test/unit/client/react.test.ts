import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import { connect } from "../../../src/client/index.ts";
import { useJob, useJobs } from "../../../src/client/react.ts";

const client = connect({
  url: "https://relay.example.com",
  account: "acme",
  getToken: () => Promise.reject(new Error("asked on the server")),
});

function Page(): string {
  const { job, status, error } = useJob(client, "comments", "g1");
  const all = useJobs(client);
  return JSON.stringify([status, job, error, all.status, all.jobs, all.error]);
}

/** What is undefined becomes null; React escapes the quotes. */
const TEXT = '["connecting",null,null,"connecting",[],null]'.replaceAll('"', "&quot;");

test("on a server the hooks know nothing and connect nowhere", () => {
  expect(renderToString(createElement(Page))).toBe(TEXT);
});
