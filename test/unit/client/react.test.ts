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
  const { job, state } = useJob(client, "comments", "g1");
  const { jobs } = useJobs(client);
  return `${state} ${job === undefined} ${jobs.length}`;
}

test("on a server the hooks know nothing and connect nowhere", () => {
  expect(renderToString(createElement(Page))).toBe("idle true 0");
});
