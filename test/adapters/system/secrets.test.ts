import { expect, test } from "vitest";
import { createSecrets } from "../../../api/adapters/system/secrets.ts";
import { isApiKey } from "../../../api/core/access/api-key.ts";

const { make, hash } = createSecrets();

test("secrets have the form that keys are looked up by, and none comes twice", () => {
  const made = Array.from({ length: 1000 }, () => [make("pk_"), make("sk_")]).flat();
  expect(made.filter((secret) => !isApiKey(secret))).toEqual([]);
  expect(new Set(made).size).toBe(2000);
  expect(make("tkt_")).toMatch(/^tkt_[\w-]{43}$/);
});

test("of a secret its SHA-256 is kept", () => {
  // The example of FIPS 180-2.
  expect(hash("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
