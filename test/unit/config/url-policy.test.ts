// Which URLs the relay may call.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkUrl } from "../../../src/config/url-policy.ts";

const verdict = (url: string, allowPrivate = false): string => {
  const checked = checkUrl(url, { allowPrivate });
  return checked.ok ? checked.value.href : checked.fault;
};

describe("public URLs only", () => {
  test.each([
    ["https://crm.example.com/hooks?a=b", "https://crm.example.com/hooks?a=b"],
    ["HTTPS://CRM.Example.com", "https://crm.example.com/"],
    ["https://crm.example.com:443/", "https://crm.example.com/"],
    ["https://a_b.example.com/", "https://a_b.example.com/"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/"],
    ["https://crm.example.com/a@b", "https://crm.example.com/a@b"],
    ["https://localhost.example.com/", "https://localhost.example.com/"],
  ])("%s is taken", (url, href) => {
    expect(verdict(url)).toBe(href);
  });

  test.each([
    "https://127.0.0.1/",
    "https://8.8.8.8/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://0/",
    "https://127.0.0.1./",
    "https://１２７.0.0.1/",
    "https://%31%32%37.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[2606:4700::1111]/",
    "https://10.0.0.1:8443/",
    "https://255.255.255.255/",
    "https://[2002:7f00:1::]/",
    "https://[fc00::1]/",
  ])("%s is an address", (url) => {
    expect(verdict(url)).toBe("must name a host, not an IP address");
  });

  test.each([
    "https://localhost/",
    "https://LOCALHOST/",
    "https://ⓛocalhost/",
    "https://api.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://router.home.arpa/",
    "https://1.0.0.127.in-addr.arpa/",
    "https://nas.lan/",
    "https://a.test/",
    "https://a.invalid/",
    "https://a.onion/",
    "https://a.corp/",
    "https://intranet/",
    "https://metadata/",
    "https://metadata:8443/",
    "https://kubernetes/",
    "https://kubernetes.default.svc/",
    "https://kubernetes.default.svc:6443/",
    "https://kubernetes.default.svc.cluster.local/",
    "https://crm.service.consul/",
    "https://host.docker.internal/",
    "https://crm.home.arpa/",
  ])("%s names no public host", (url) => {
    expect(verdict(url)).toBe("must name a public host");
  });

  test.each([
    "https://crm.example.com./",
    "https://localhost./",
    "https://localhost%2e/",
    "https://crm..example.com/",
    "https://.example.com/",
    "https://-a.example.com/",
    "https://*.example.com/",
    `https://${"a".repeat(64)}.example.com/`,
    `https://${"a.".repeat(126)}aa.com/`,
  ])("%s has no valid host name", (url) => {
    expect(verdict(url)).toBe("must have a valid host name");
  });

  test.each([
    ["http://crm.example.com/", "must be https"],
    ["ftp://crm.example.com/", "must be https"],
    ["https://user@crm.example.com/", "must not carry a user or password"],
    ["https://@crm.example.com/", "must not carry a user or password"],
    ["https://:@crm.example.com/", "must not carry a user or password"],
    ["https://crm.example.com@127.0.0.1/", "must not carry a user or password"],
    ["https://crm.example.com/#top", "must not have a fragment"],
    ["https://crm.example.com/#", "must not have a fragment"],
    ["https://crm.example.com#@127.0.0.1/", "must not have a fragment"],
  ])("%s: %s", (url, expected) => {
    expect(verdict(url)).toBe(expected);
  });

  test.each([
    "",
    "/hooks",
    "crm.example.com",
    "//crm.example.com/",
    "https:crm.example.com",
    "https:/crm.example.com",
    "https://",
    "https:\\\\crm.example.com",
    "https://crm.example.com\\@127.0.0.1/",
    "https://exa\tmple.com/",
    " https://crm.example.com/",
    "https://crm.example.com/\n",
    "https://crm.example.com/a b",
    "https://crm.example.com:99999/",
    "https://a.123/",
    "javascript:alert(1)",
    "data:text/plain,x",
  ])("%j is no absolute URL", (url) => {
    expect(verdict(url)).toBe("must be an absolute URL");
  });
});

test.each([
  "https://crm.example.com:8443/hooks",
  "https://crm.example.com:80/",
  "https://crm.example.com:443/",
  "https://svc.example.com/",
])("%s is public, whatever its port", (url) => {
  expect(checkUrl(url, { allowPrivate: false })).toMatchObject({ ok: true });
});

describe("private URLs allowed", () => {
  test.each([
    "http://localhost:9000/in",
    "http://127.0.0.1/",
    "https://[::1]:8443/",
    "http://crm/",
    "https://crm.example.com:8443/",
  ])("%s is taken", (url) => {
    expect(verdict(url, true)).toBe(url);
  });

  test.each([
    ["ftp://localhost/", "must be http or https"],
    ["file:///etc/passwd", "must be an absolute URL"],
    ["ws://localhost/", "must be http or https"],
    ["http://user:pw@localhost/", "must not carry a user or password"],
    ["http://localhost/#x", "must not have a fragment"],
    ["localhost:9000", "must be an absolute URL"],
  ])("%s: %s", (url, expected) => {
    expect(verdict(url, true)).toBe(expected);
  });
});

const part = (value: number, base: number): string =>
  base === 8 ? `0${value.toString(8)}` : base === 16 ? `0x${value.toString(16)}` : `${value}`;

test("no IPv4 address gets through in any notation", () => {
  const address = fc.tuple(
    fc.nat(0xffffffff),
    fc.constantFrom(8, 10, 16),
    fc.integer({ min: 1, max: 4 }),
  );
  fc.assert(
    fc.property(address, ([value, base, parts]) => {
      const shifts = [24, 16, 8].slice(0, parts - 1);
      const heads = shifts.map((shift) => (value >>> shift) & 0xff);
      const tail = parts === 1 ? value : value % 2 ** (8 * (5 - parts));
      const host = [...heads, tail].map((each) => part(each, base)).join(".");
      expect(verdict(`https://${host}/`)).toBe("must name a host, not an IP address");
    }),
  );
});

test("no IPv6 address gets through in any notation", () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      expect(verdict(`https://[${address}]/`)).toBe("must name a host, not an IP address");
    }),
  );
});

test("a fault repeats nothing of the URL", () => {
  fc.assert(
    fc.property(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.stringMatching(/^[a-z]{12}$/),
      (url, secret) => {
        const checked = checkUrl(url.replace("://", `://${secret}@`), { allowPrivate: false });
        expect(checked.ok).toBe(false);
        expect(JSON.stringify(checked)).not.toContain(secret);
      },
    ),
    { numRuns: 30 },
  );
});
