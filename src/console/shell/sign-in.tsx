/** @jsxImportSource preact */
// Signing in: asks for the admin token and checks it with the API.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { apiOf } from "../api/request.ts";
import type { CheckEvent, FieldEvent } from "../browser/page.ts";

interface SignInProps {
  /** Why the last session ended. */
  readonly reason: string | null;
  readonly onToken: (token: string, stay: boolean) => void;
}

export function SignIn({ reason, onToken }: SignInProps): JSX.Element {
  const [token, setToken] = useState("");
  const [stay, setStay] = useState(false);
  const [problem, setProblem] = useState(reason);
  const [busy, setBusy] = useState(false);

  const submit = (event: { preventDefault(): void }): void => {
    event.preventDefault();
    const given = token.trim();
    if (given === "" || busy) return;
    setBusy(true);
    apiOf(given, () => undefined)
      .get("/v1/jobs?limit=1")
      .then(
        () => onToken(given, stay),
        (error: unknown) => {
          setBusy(false);
          setProblem(error instanceof Error ? error.message : "Something went wrong.");
        },
      );
  };

  return (
    <main class="sign-in">
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
          aria-describedby="sign-in-problem token-hint"
          onInput={(event: FieldEvent) => setToken(event.currentTarget.value)}
        />
        <p id="token-hint" class="soft">
          The value of the secret <code>ADMIN_TOKEN</code>.
        </p>
        <label class="check">
          <input
            type="checkbox"
            checked={stay}
            onChange={(event: CheckEvent) => setStay(event.currentTarget.checked)}
          />
          Stay signed in on this browser
        </label>
        <p id="sign-in-problem" class="problem" role="alert" hidden={problem === null}>
          {problem}
        </p>
        <button class="primary" type="submit" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
        <p class="soft">Without the check mark, the token is kept until this tab is closed.</p>
      </form>
    </main>
  );
}
