import { expect, it } from "vitest";
import { isId, newId } from "../../api/core/ids.ts";

it("ids are new, unguessable and plain", () => {
  const ids = Array.from({ length: 5000 }, () => newId("chat"));
  expect(new Set(ids).size).toBe(5000);
  for (const id of ids) expect(id).toMatch(/^chat_[0-9a-hjkmnp-tv-z]{26}$/);
  // Every place takes every letter: 5 bits each, 130 together.
  for (let place = 5; place < 31; place += 1)
    expect(new Set(ids.map((id) => id[place])).size).toBe(32);
});

it("what can't be an id is known without asking anyone", () => {
  for (const id of [newId("msg"), "a", "A_b-9", "x".repeat(128)]) expect(isId(id), id).toBe(true);
  for (const id of ["", " ", "a b", "a\n", "ä", "a.b", "'", "a/b", "\0", "x".repeat(129)])
    expect(isId(id), id).toBe(false);
});
