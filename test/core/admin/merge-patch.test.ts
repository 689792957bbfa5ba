import { describe, expect, test } from "vitest";
import { isSameJson, listChanges, mergePatch } from "../../../api/core/admin/merge-patch.ts";

/** The examples of RFC 7396, appendix A: what there is, the patch, and what there is then. */
const examples: [string, string, string][] = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', "{}"],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', "null", "null"],
  ['{"a":"foo"}', '"bar"', '"bar"'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ["[1,2]", '{"a":"b","c":null}', '{"a":"b"}'],
  ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
];

test.each(examples)("%s patched with %s is %s", (target, patch, result) => {
  expect(mergePatch(JSON.parse(target), JSON.parse(patch))).toEqual(JSON.parse(result));
});

test("a member of the name __proto__ is one like any other", () => {
  const patch: unknown = JSON.parse('{"__proto__": {"admin": true}}');
  const merged = mergePatch({ a: 1 }, patch);
  expect(JSON.stringify(merged)).toBe('{"a":1,"__proto__":{"admin":true}}');
  expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
});

describe("the changes between two objects", () => {
  test("are told by the path of each member, with what was and what is", () => {
    const before = { plan: "free", limits: { a: 1, b: 2 }, list: [1], gone: "x", same: { a: [1] } };
    const after = { plan: "pro", limits: { a: 1, b: 3, c: 4 }, list: [1, 2], same: { a: [1] } };
    expect(listChanges(before, after)).toEqual({
      plan: { old: "free", new: "pro" },
      "limits.b": { old: 2, new: 3 },
      "limits.c": { old: null, new: 4 },
      list: { old: [1], new: [1, 2] },
      gone: { old: "x", new: null },
    });
  });

  test("reach into a group that comes or goes as a whole", () => {
    const changes = { "auth.required": { old: null, new: "key" }, "auth.a": { old: null, new: 1 } };
    expect(listChanges({}, { auth: { required: "key", a: 1 } })).toEqual(changes);
    expect(listChanges({ auth: { required: "key" } }, {})).toEqual({
      "auth.required": { old: "key", new: null },
    });
    expect(listChanges({ auth: "broken" }, { auth: {} })).toEqual({
      auth: { old: "broken", new: {} },
    });
    expect(listChanges({}, { auth: {} })).toEqual({ auth: { old: null, new: {} } });
  });
});

test("the same JSON is the same in whatever order its members stand", () => {
  const one = { a: [{ b: 1, c: null }], d: "x" };
  expect(isSameJson(one, { d: "x", a: [{ c: null, b: 1 }] })).toBe(true);
  for (const other of [{ a: [{ b: 1 }], d: "x" }, { a: { 0: one.a[0] }, d: "x" }, [], null])
    expect(isSameJson(one, other)).toBe(false);
  expect(isSameJson({ a: undefined }, { b: undefined })).toBe(false);
  expect(isSameJson([1, 2], [2, 1])).toBe(false);
});
