// Which requests of a browser may act that a cookie has signed in.

import { expect, test } from "vitest";
import { mayAct } from "../../../../src/api/access/same-origin.ts";

const OWN = "https://relay.example.com";

test.each([
  ["GET", {}, true],
  ["GET", { origin: "https://evil.example", site: "cross-site" }, true],
  ["HEAD", { site: "cross-site" }, true],
  ["POST", {}, true],
  ["POST", { origin: OWN, site: "same-origin" }, true],
  ["POST", { origin: OWN }, true],
  ["POST", { site: "same-origin" }, true],
  ["POST", { origin: "https://evil.example" }, false],
  ["POST", { origin: "null" }, false],
  ["POST", { site: "cross-site" }, false],
  ["POST", { site: "same-site" }, false],
  ["POST", { site: "none" }, false],
  ["POST", { origin: OWN, site: "cross-site" }, false],
  ["DELETE", { origin: `${OWN}.evil.example` }, false],
  ["GET", { isUpgrade: true, origin: "https://evil.example" }, false],
  ["GET", { isUpgrade: true, origin: OWN }, true],
])("%s with %j may act: %s", (method, given, allowed) => {
  const request = { method, isUpgrade: false, origin: null, site: null, own: OWN, ...given };
  expect(mayAct(request)).toBe(allowed);
});
