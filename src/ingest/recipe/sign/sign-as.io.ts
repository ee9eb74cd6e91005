// Signs a body as a provider signs its own: the provider's ready recipe, run backwards.

import { utf8 } from "../../../kernel/bytes.ts";
import type { Millis } from "../../../kernel/time.ts";
import { compileRecipe } from "../compile/compile.ts";
import { readyRecipe } from "../ready.ts";
import type { CompiledRecipe } from "../scheme.ts";
import { signSample } from "./sign.io.ts";

/** A request body and the headers that go with it. */
export interface SignedWebhook {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What goes into a signature. */
export interface SigningInput {
  readonly secret: string;
  readonly body: string;
  readonly now: Millis;
  /** The address of the webhook; only few recipes sign it. */
  readonly url?: string;
  /** The webhook's own id, where a recipe signs one. */
  readonly id?: string;
}

/** Signs by the recipe of a source. Throws when the secret is none that signs. */
export async function signBy(
  recipe: CompiledRecipe,
  { secret, body, now, url = "http://localhost/", id = "" }: SigningInput,
): Promise<SignedWebhook> {
  const headers = { "content-type": "application/json" };
  const signed = await signSample(recipe, { secret, now, url, id, headers, body: utf8(body) });
  if (!signed.ok) throw new Error(signed.fault);
  // Without an id there is no header for it.
  const given = Object.entries(signed.value.headers).filter(([, value]) => value !== "");
  return { headers: Object.fromEntries(given), body };
}

/** Signs by the recipe of a provider; throws when it has none. */
export function sign({
  provider,
  ...input
}: SigningInput & { readonly provider: string }): Promise<SignedWebhook> {
  const compiled = compileRecipe(provider, {
    named: readyRecipe,
    checkUrl: () => ({ ok: false, fault: "is not called to sign" }),
    compileExpression: () => ({ ok: false, fault: "is not evaluated to sign" }),
  });
  if (!compiled.ok) throw new Error(`${provider} has no recipe that signs`);
  return signBy(compiled.value, input);
}
