// What a person is told of an address that no connection could be made to.

import { expect, test } from "vitest";
import { errorCode, unreachable } from "../../../src/cli/relay-api.ts";

test.each([
  [
    "ERR_SSL_WRONG_VERSION_NUMBER",
    "https://localhost:8787/x",
    "https://localhost:8787 does not speak TLS, is http://localhost:8787 meant?",
  ],
  [
    "ERR_SSL_PACKET_LENGTH_TOO_LONG",
    "https://localhost:8787",
    "https://localhost:8787 does not speak TLS, is http://localhost:8787 meant?",
  ],
  [
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "https://localhost:8787",
    "the certificate of https://localhost:8787 is not trusted here (DEPTH_ZERO_SELF_SIGNED_CERT)",
  ],
  [
    "ENOTFOUND",
    "https://relay.example.test/v1",
    "there is no host relay.example.test: check --url or JOBRELAY_URL",
  ],
  [
    "ECONNREFUSED",
    "http://localhost:1",
    "http://localhost:1 cannot be reached; is the relay running (npm start)?",
  ],
])("%s of %s", (code, url, text) => {
  expect(unreachable(url, code, true)).toBe(text);
});

test("a relay elsewhere is not started by npm start", () => {
  const text = unreachable("https://relay.example.com", "ECONNREFUSED", false);
  expect(text).toBe("https://relay.example.com cannot be reached");
});

test("the code is the one of the cause", () => {
  const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  expect(errorCode(new TypeError("fetch failed", { cause }))).toBe("ECONNREFUSED");
  expect(errorCode(new TypeError("fetch failed"))).toBe("");
  expect(errorCode("text")).toBe("");
});
