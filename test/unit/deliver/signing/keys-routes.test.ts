import { describe, expect, test } from "vitest";
import { keysRoutes } from "../../../../src/deliver/signing/keys.routes.ts";
import { BINDINGS } from "../../../support/bindings.ts";

const PATH = "/.well-known/jobrelay-keys.json";

const env = (secret: string): object => ({
  ...BINDINGS,
  SUBSCRIBERS: [
    { id: "crm", url: "https://crm.example.com/hooks", secrets: ["CRM_KEY"] },
    { id: "erp", url: "https://erp.example.com/hooks", secrets: ["ERP_KEY"] },
  ],
  CRM_KEY: secret,
  ERP_KEY: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
});

const KEY = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";

describe("the key document", () => {
  test("lists the keys of subscribers that use ed25519, for every origin", async () => {
    const answer = await keysRoutes.request(PATH, {}, env(KEY));
    expect([
      answer.status,
      answer.headers.get("access-control-allow-origin"),
      answer.headers.get("cache-control"),
    ]).toEqual([200, "*", "public, max-age=300"]);
    expect(await answer.json()).toEqual({
      keys: [
        {
          kty: "OKP",
          crv: "Ed25519",
          x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
          kid: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
          use: "sig",
          alg: "EdDSA",
          whpk: "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
          subscribers: ["crm"],
        },
      ],
    });
  });

  test("is not shown while the configuration is invalid, nor is the fault", async () => {
    const answer = await keysRoutes.request(PATH, {}, env("whsk_bad"));
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      503,
      "application/problem+json",
    ]);
    expect(await answer.text()).not.toMatch(/CRM_KEY|whsk_/);
  });
});
