import { expect, test } from "vitest";
import { createAdminCheck } from "../../../api/adapters/system/admin-token.ts";

test("only the whole token makes an admin", () => {
  const isAdmin = createAdminCheck("a-token-of-the-server");
  expect(isAdmin("a-token-of-the-server")).toBe(true);
  for (const token of [undefined, "", "a-token", "a-token-of-the-serverr", "A-token-of-the-server"])
    expect(isAdmin(token), token).toBe(false);
  expect(isAdmin("x".repeat(1_000_000))).toBe(false);
});

test("without a token nobody is the admin", () => {
  for (const none of [undefined, ""]) {
    const isAdmin = createAdminCheck(none);
    for (const token of [undefined, "", "undefined"]) expect(isAdmin(token)).toBe(false);
  }
});
