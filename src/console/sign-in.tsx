/** @jsxImportSource preact */
// Signing in: asks for the admin token and checks it with the API.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError, listJobs } from "./api.ts";
import type { FieldEvent } from "./dom.ts";

const UNAUTHORIZED = 401;

/** Why a token was not accepted. */
function problemOf(error: unknown): string {
  if (error instanceof ApiError && error.status === UNAUTHORIZED)
    return "This is not the admin token.";
  return error instanceof Error ? error.message : "Something went wrong.";
}

export function SignIn({
  reason,
  onToken,
}: {
  readonly reason: string | null;
  readonly onToken: (token: string) => void;
}): JSX.Element {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState(reason);
  const [busy, setBusy] = useState(false);

  const submit = (event: { preventDefault(): void }): void => {
    event.preventDefault();
    const given = token.trim();
    if (given === "" || busy) return;
    setBusy(true);
    listJobs(given).then(
      () => onToken(given),
      (error: unknown) => {
        setBusy(false);
        setProblem(problemOf(error));
      },
    );
  };

  return (
    <main class="door">
      <form class="card" onSubmit={submit}>
        <h1>Jobrelay</h1>
        <label for="token">Admin token</label>
        <input
          id="token"
          type="password"
          autocomplete="current-password"
          autofocus
          required
          spellcheck={false}
          value={token}
          aria-describedby="problem"
          onInput={(event: FieldEvent) => setToken(event.currentTarget.value)}
        />
        <p id="problem" class="problem" role="alert">
          {problem}
        </p>
        <button class="primary" type="submit" disabled={busy}>
          Sign in
        </button>
        <p class="hint">
          The value of the secret <code>ADMIN_TOKEN</code>. It stays in this tab.
        </p>
      </form>
    </main>
  );
}
