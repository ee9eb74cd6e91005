// A React page for tests: two components that show one job, one that shows all, in strict mode, and
// a button that takes them down.

import { StrictMode, useState, type JSX } from "react";
import { createRoot } from "react-dom/client";
import { connect } from "../../../src/client/index.ts";
import { useJob, useJobs } from "../../../src/client/react.ts";

const page = globalThis as unknown as {
  readonly relay: string;
  readonly location: { readonly search: string };
  readonly document: { getElementById(id: string): Element };
};
const guid = new URLSearchParams(page.location.search).get("guid") ?? "";
const getToken = async (): Promise<string> => (await fetch("/token?reason=react")).text();
const client = connect({ url: page.relay, account: "acme", getToken });

function Job({ id }: { readonly id: string }): JSX.Element {
  const { job, state } = useJob(client, "comments", guid);
  return (
    <p id={id}>{`${state} ${job?.event ?? "unknown"} ${job?.current ?? 0}/${job?.total ?? 0}`}</p>
  );
}

function Jobs(): JSX.Element {
  const { jobs } = useJobs(client);
  return <p id="jobs">{jobs.map((job) => `${job.guid} ${job.status}`).join()}</p>;
}

function Page(): JSX.Element {
  const [shown, show] = useState(true);
  return (
    <>
      <button type="button" onClick={() => show(!shown)}>
        toggle
      </button>
      {shown ? (
        <>
          <Job id="one" />
          <Job id="two" />
          <Jobs />
        </>
      ) : null}
    </>
  );
}

createRoot(page.document.getElementById("root")).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
