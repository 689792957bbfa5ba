import { describe, expect, test } from "vitest";
import { createAccessIndex } from "../../../api/core/access/access-index.ts";
import { openWorld } from "./open-world.ts";

async function openScene() {
  const world = openWorld();
  const { text, key } = await world.makeKey("demo", "server");
  const maker = await world.makeKey("demo", "server");
  const user = await world.makeUser("demo", "ann");
  const token = await world.tokenOf(user, { keyId: maker.key.id });
  return {
    index: createAccessIndex<string>(),
    key,
    makerKey: maker.key,
    user,
    anyone: await world.identify(),
    other: await world.identify({}, "other"),
    server: await world.identify({ apiKey: text }),
    person: await world.identify({ token }),
  };
}

describe("a change concerns", () => {
  test("whoever is of that tenant, that key, a token that it made, or that user", async () => {
    const { index, key, makerKey, user, ...callers } = await openScene();
    for (const name of ["anyone", "other", "server", "person"] as const)
      index.put(name, callers[name]);
    expect(index.concernedBy({ tenantId: "demo" })).toEqual(["anyone", "server", "person"]);
    expect(index.concernedBy({ keyId: key.id })).toEqual(["server"]);
    expect(index.concernedBy({ keyId: makerKey.id })).toEqual(["person"]);
    expect(index.concernedBy({ userId: user.id })).toEqual(["person"]);
    expect(index.concernedBy("any")).toEqual(["anyone", "other", "server", "person"]);
    // Ids of another kind are other ids.
    expect(index.concernedBy({ userId: key.id })).toEqual([]);
    expect(index.concernedBy({ tenantId: "nobody" })).toEqual([]);
  });

  test("who it is now, and not who it was", async () => {
    const { index, key, makerKey, user, anyone, server, person } = await openScene();
    index.put("it", anyone);
    index.put("it", server);
    expect(index.concernedBy({ keyId: key.id })).toEqual(["it"]);
    index.put("it", person);
    expect(index.concernedBy({ keyId: key.id })).toEqual([]);
    expect(index.concernedBy({ userId: user.id })).toEqual(["it"]);
    expect(index.concernedBy({ keyId: makerKey.id })).toEqual(["it"]);
    expect(index.concernedBy({ tenantId: "demo" })).toEqual(["it"]);
  });

  test("nothing that was deleted", async () => {
    const { index, user, person } = await openScene();
    index.put("it", person);
    index.put("another", person);
    expect([index.delete("it"), index.delete("it"), index.has("it")]).toEqual([true, false, false]);
    expect(index.concernedBy({ userId: user.id })).toEqual(["another"]);
    expect(index.concernedBy("any")).toEqual(["another"]);
  });
});
