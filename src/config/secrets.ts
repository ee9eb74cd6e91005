// Secrets by name: the configuration names them, the environment holds their values.

import { parseSecret } from "../model/signing-secret.ts";
import { step } from "../kernel/json/path.ts";
import { report, varOf, type Reading } from "./reading.ts";

const NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The value of a key looks like a name when its base64 happens to have no `+`, `/` or `=`. */
const KEY_PREFIX = /^wh(?:sec|sk|pk)_/;

/** True for a text that can name a secret; a key itself is none. */
export const isSecretName = (text: string): boolean =>
  NAME_PATTERN.test(text) && !KEY_PREFIX.test(text);

/** The usual form of a name. Any other text may be the value of a secret and is not repeated. */
const CONVENTIONAL_NAME = /^[A-Z][A-Z0-9_]{0,47}$/;

const shown = (name: string): string =>
  CONVENTIONAL_NAME.test(name) ? `secret ${name}` : "the secret named here";

/**
 * The value of a secret without the white space around it: what is piped into a tool often ends in
 * a line feed. Reports at `path` when the name is none, and when the secret is not set, empty or
 * blank.
 */
export function secretOf(name: string, path: string, reading: Reading): string | null {
  if (!isSecretName(name)) {
    report(reading, path, "must be the name of a secret, not its value");
    return null;
  }
  const value = varOf(reading.vars, name);
  if (typeof value === "string" && value.trim() !== "") return value.trim();
  report(
    reading,
    path,
    `${shown(name)} is ${typeof value === "string" && value !== "" ? "blank" : "not set"}`,
  );
  return null;
}

/**
 * The values of several secrets in the order of their names. `faultOf` judges each: the end of a
 * sentence, or `null`. It is not asked about a secret whose value is not known here.
 */
export function secretsOf(
  names: readonly string[],
  path: string,
  reading: Reading,
  faultOf: (secret: string) => string | null,
): readonly string[] {
  return names.flatMap((name, index) => {
    const at = step(path, index);
    const value = secretOf(name, at, reading);
    if (value === null) return [];
    const wrong = reading.unknownSecrets?.has(name) === true ? null : faultOf(value);
    if (wrong !== null) report(reading, at, `${shown(name)} ${wrong}`);
    return wrong === null ? [value] : [];
  });
}

/**
 * Values that sign deliveries: `whsec_` keys of 24 to 64 bytes, `whsk_` ed25519 seeds or keys
 * (Standard Webhooks, signature scheme).
 */
export function signingSecretsOf(
  names: readonly string[],
  path: string,
  reading: Reading,
): readonly string[] {
  return secretsOf(names, path, reading, (secret) => {
    const parsed = parseSecret(secret);
    return parsed.ok ? null : parsed.fault;
  });
}
