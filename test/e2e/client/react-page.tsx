// A React page for tests, in strict mode: two components that show one job, two that show lists,
// and buttons that take them down and change the job. What a server would have rendered is
// hydrated.

import { StrictMode, useState, type JSX } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server.browser";
import { connect } from "../../../src/client/index.ts";
import { useJob, useJobs } from "../../../src/client/react.ts";

const tab = globalThis as unknown as {
  rendered?: string;
  mismatch?: string;
  readonly relay: string;
  readonly location: { readonly search: string };
  readonly document: { getElementById(id: string): Element & { innerHTML: string } };
};
const first = new URLSearchParams(tab.location.search).get("guid") ?? "";
const getToken = async (): Promise<string> => (await fetch("/token?reason=react")).text();
const client = connect({ url: tab.relay, account: "acme", getToken });

function Job({
  id,
  guid,
}: {
  readonly id: string;
  readonly guid: string | undefined;
}): JSX.Element {
  const { job, status, error } = useJob(client, "comments", guid);
  const numbers = `${job?.event ?? "unknown"} ${job?.current ?? 0}/${job?.total ?? 0}`;
  return <p id={id}>{`${status} ${numbers}${error === undefined ? "" : ` ${error.code}`}`}</p>;
}

function Jobs(): JSX.Element {
  const { jobs, status } = useJobs(client);
  const { jobs: done } = useJobs(client, { status: ["done", "ready"], source: "comments" });
  return (
    <>
      <p id="jobs">{`${status} ${jobs.map((job) => `${job.guid} ${job.status}`).join()}`}</p>
      <p id="done">{done.map((job) => job.guid).join()}</p>
    </>
  );
}

function Page(): JSX.Element {
  const [shown, show] = useState(true);
  const [guid, choose] = useState(first);
  const [known, know] = useState<string>();
  return (
    <>
      <button type="button" id="toggle" onClick={() => show(!shown)}>
        toggle
      </button>
      <button type="button" id="change" onClick={() => choose(`${guid}x`)}>
        change
      </button>
      <button type="button" id="know" onClick={() => know(known === undefined ? first : undefined)}>
        know
      </button>
      <Job id="late" guid={known} />
      {shown ? (
        <>
          <Job id="one" guid={guid} />
          <Job id="two" guid={guid} />
          <Jobs />
        </>
      ) : null}
    </>
  );
}

const page = (
  <StrictMode>
    <Page />
  </StrictMode>
);
const root = tab.document.getElementById("root");
root.innerHTML = renderToString(page);
tab.rendered = root.innerHTML;
hydrateRoot(root, page, {
  onRecoverableError: (error) => {
    tab.mismatch = String(error);
  },
});
