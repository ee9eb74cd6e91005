// Secrets by name: the configuration names them, the environment holds them, problems never show them.

import { fromBase64 } from "../kernel/bytes.ts";
import { report, step, varOf, type Reading } from "./reading.ts";

const NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** How secrets are named by convention; anything else may be a secret's value in the place of its name and is not repeated. */
const CONVENTIONAL_NAME = /^[A-Z][A-Z0-9_]{0,47}$/;

const shown = (name: string): string => (CONVENTIONAL_NAME.test(name) ? `secret ${name}` : "the secret named here");

/**
 * The secret's value; reports at `path` when the name is none, or the secret is not set (an empty one is not) or blank: white
 * space is a secret that everybody guesses.
 */
export function secretOf(name: string, path: string, reading: Reading): string | null {
  if (!NAME_PATTERN.test(name)) {
    report(reading, path, "must be the name of a secret, not its value");
    return null;
  }
  const value = varOf(reading.vars, name);
  if (typeof value === "string" && value.trim() !== "") return value;
  report(reading, path, `${shown(name)} is ${typeof value === "string" && value !== "" ? "blank" : "not set"}`);
  return null;
}

/** The values of several secrets in the order of their names. */
export function secretsOf(names: readonly string[], path: string, reading: Reading): readonly string[] {
  return names.flatMap((name, index) => secretOf(name, step(path, index), reading) ?? []);
}

/** Values that sign deliveries: `whsec_` keys of 24 to 64 bytes, `whsk_` ed25519 seeds or keys (Standard Webhooks, signature scheme). */
export function signingSecretsOf(names: readonly string[], path: string, reading: Reading): readonly string[] {
  return names.flatMap((name, index) => {
    const at = step(path, index);
    const value = secretOf(name, at, reading);
    if (value === null) return [];
    const wrong = signingFault(value);
    if (wrong !== null) report(reading, at, `${shown(name)} ${wrong}`);
    return wrong === null ? [value] : [];
  });
}

/** Sizes in bytes of a symmetric key (Standard Webhooks asks for 192 to 512 bits). */
const SYMMETRIC_SIZE = { least: 24, most: 64 } as const;

/** Sizes in bytes of an ed25519 key: the seed, or the seed followed by the public key (RFC 8032, 5.1.5). */
const ED25519_SIZES: ReadonlySet<number> = new Set([32, 64]);

/** What is wrong with the value of a signing secret, as the end of a sentence; `null` when nothing is. */
export function signingFault(value: string): string | null {
  if (value.startsWith("whsec_")) {
    const size = fromBase64(value.slice("whsec_".length))?.byteLength;
    if (size === undefined) return "is not base64 after whsec_";
    if (size >= SYMMETRIC_SIZE.least && size <= SYMMETRIC_SIZE.most) return null;
    return `must hold ${SYMMETRIC_SIZE.least} to ${SYMMETRIC_SIZE.most} bytes after whsec_, it holds ${size}`;
  }
  if (value.startsWith("whsk_")) {
    const size = fromBase64(value.slice("whsk_".length))?.byteLength;
    if (size === undefined) return "is not base64 after whsk_";
    return ED25519_SIZES.has(size) ? null : `must hold an ed25519 key of 32 or 64 bytes after whsk_, it holds ${size}`;
  }
  return "must begin with whsec_ or whsk_";
}
