import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keepSecrets, readSecrets } from "../api/development-secrets.ts";

describe("the secrets of development", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "secrets-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const file = () => join(folder, "data", "secrets.json");

  test("are made once and kept, for the server's user alone", () => {
    expect(readSecrets(join(folder, "data"))).toEqual({});
    const made = keepSecrets(join(folder, "data"));
    expect(new Set(Object.values(made)).size).toBe(3);
    for (const secret of Object.values(made)) expect(secret).toMatch(/^[\w-]{43}$/);
    expect(keepSecrets(join(folder, "data"))).toEqual(made);
    expect(readSecrets(join(folder, "data"))).toEqual(made);
    if (process.platform !== "win32") expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  test("of an older version stay as they are, and gain what they lack", () => {
    const old = { secretKey: "old", jwtSecretKey: "old too" };
    mkdirSync(join(folder, "data"));
    writeFileSync(file(), JSON.stringify(old), { mode: 0o644 });
    const { adminToken, ...others } = keepSecrets(join(folder, "data"));
    expect(others).toEqual(old);
    expect(JSON.parse(readFileSync(file(), "utf8"))).toEqual({ ...old, adminToken });
    expect(keepSecrets(join(folder, "data")).adminToken).toBe(adminToken);
    expect(readdirSync(join(folder, "data"))).toEqual(["secrets.json"]);
  });

  test.each(["", "{", "null", "7"])("that read %j are refused by the file's name", (content) => {
    mkdirSync(join(folder, "data"));
    writeFileSync(file(), content);
    expect(() => keepSecrets(join(folder, "data"))).toThrow(file());
    expect(readFileSync(file(), "utf8")).toBe(content);
  });
});
