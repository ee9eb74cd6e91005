// The few calls of the relay's API that the benchmark makes.

import { ACCOUNT, ADMIN_TOKEN } from "./relay.ts";

async function call(url: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok)
    throw new Error(
      `${path} was answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`,
    );
  return answer.json();
}

/** Pauses or resumes the subscriber. */
export const setSubscriber = (url: string, action: "pause" | "resume"): Promise<unknown> =>
  call(url, `/v1/subscribers/crm/${action}`);

/** Deliveries that wait at the subscriber. */
export async function waiting(url: string): Promise<number> {
  const answer = await fetch(`${url}/v1/subscribers/crm`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  const { pending, held } = (await answer.json()) as {
    readonly pending: number;
    readonly held: number;
  };
  return pending + held;
}

/** A stream token for the account, good for an hour. */
export async function token(url: string): Promise<string> {
  const answer = (await call(url, "/v1/tokens", { account: ACCOUNT, expiresIn: 3_600 })) as {
    readonly token: string;
  };
  return answer.token;
}
