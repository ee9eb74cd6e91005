// The relay's HTTP API as the console uses it, with the admin token in a header.

import type { JobState } from "../client/index.ts";

/** A failed request: its status (0 without an answer) and a message for the operator. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
}

async function request<T>(token: string, path: string, init: RequestInit = {}): Promise<T> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(path, { ...init, headers, cache: "no-store" }).catch(() => {
    throw new ApiError(0, "The relay does not answer.");
  });
  const body = (await answer.json().catch(() => ({}))) as T & Problem;
  if (answer.ok) return body;
  throw new ApiError(
    answer.status,
    [body.title ?? `Status ${answer.status}`, body.detail].filter((part) => part).join(". "),
  );
}

/** The newest jobs. */
export const listJobs = async (token: string): Promise<readonly JobState[]> =>
  (await request<{ readonly items: readonly JobState[] }>(token, "/v1/jobs?limit=50")).items;

/** One step of a sample job; `at` is when it is due, in ms after the first. */
export interface SampleStep {
  readonly at: number;
  readonly event: string;
  readonly current: number;
  readonly total: number;
}

/** The steps of a sample job, in order. */
export const listSteps = async (token: string): Promise<readonly SampleStep[]> =>
  (await request<{ readonly items: readonly SampleStep[] }>(token, "/v1/samples")).items;

/** Sends a step of the job `guid` as a signed webhook; resolves with the source it went to. */
export async function playStep(token: string, guid: string, step: SampleStep): Promise<string> {
  const { event, current, total } = step;
  const { job } = await request<{ readonly job?: { readonly source: string } }>(
    token,
    "/v1/samples",
    { method: "POST", body: JSON.stringify({ guid, event, current, total }) },
  );
  return job?.source ?? "";
}
