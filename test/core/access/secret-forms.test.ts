import { expect, test } from "vitest";
import { createSecrets } from "../../../api/adapters/system/secrets.ts";
import { hideSecrets, holdsSecret } from "../../../api/core/access/secret-forms.ts";
import { toRequestId } from "../../../api/core/request-id.ts";

const { make } = createSecrets();
const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl";

test.each([["pk_"], ["sk_"], ["tkt_"]] as const)(
  "what begins with %s is known by its form",
  (prefix) => {
    const secret = make(prefix);
    expect(hideSecrets(`{"a":"${secret}","b":"Bearer ${secret}"}`)).toBe(
      '{"a":"[secret]","b":"Bearer [secret]"}',
    );
    expect(holdsSecret(secret)).toBe(true);
    expect(holdsSecret(secret.slice(0, 11))).toBe(false);
  },
);

test("tokens are, with and without a signature", () => {
  expect(hideSecrets(`?token=${token}&x=1`)).toBe("?token=[secret]&x=1");
  expect(hideSecrets(token.slice(0, token.lastIndexOf(".") + 1))).toBe("[secret]");
  expect(hideSecrets("eyJhbGciOiJIUzI1NiJ9 and user_4fT9qPzA")).toBe(
    "eyJhbGciOiJIUzI1NiJ9 and user_4fT9qPzA",
  );
});

test("a request's id is the caller's where it is a sane one, and never a secret", () => {
  expect(toRequestId("3f2a-77.b_1")).toBe("3f2a-77.b_1");
  for (const given of [undefined, null, "", "a b", "x".repeat(129), make("sk_"), token])
    expect(toRequestId(given)).toMatch(/^req_/);
});
