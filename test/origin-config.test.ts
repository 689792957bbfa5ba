import { expect, test } from "vitest";
import { ConfigError, readConfig } from "../api/config.ts";

const secrets = { secretKey: "s", jwtSecretKey: "j", adminToken: "a" };
const read = (env: Record<string, string> = {}) => readConfig(env, "/tmp/root", () => secrets);

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    read(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

test("production and staging trust no page that isn't named, and say so", () => {
  const long = "x".repeat(32);
  const settings = {
    SECRET_KEY: long,
    JWT_SECRET_KEY: long,
    DATABASE_URL: "postgres://miptech:secret@db:5432/miptech",
  };
  for (const ENVIRONMENT of ["production", "staging"]) {
    const deployed = { ...settings, ENVIRONMENT };
    expect(read(deployed)).toMatchObject({
      corsOrigins: [],
      publicOrigin: undefined,
      trustsLoopback: false,
      warnings: [
        expect.stringMatching(/^PUBLIC_URL is unset: /),
        expect.stringMatching(/^CORS_ORIGINS is unset: /),
      ],
    });
    const named = { CORS_ORIGINS: "[]", PUBLIC_URL: "https://chat.example.com/" };
    expect(read({ ...deployed, ...named })).toMatchObject({
      corsOrigins: [],
      publicOrigin: "https://chat.example.com",
      warnings: [],
    });
  }
  for (const ENVIRONMENT of ["development", "test"])
    expect(read({ ENVIRONMENT })).toMatchObject({
      corsOrigins: ["http://localhost:3000", "http://localhost:8080"],
      publicOrigin: undefined,
      trustsLoopback: true,
      warnings: [],
    });
});

test("PUBLIC_URL is an origin, with or without a slash", () => {
  expect(read({ PUBLIC_URL: "http://box:8000" }).publicOrigin).toBe("http://box:8000");
  for (const PUBLIC_URL of [
    "chat.example.com",
    "ftp://a",
    "https://a/b",
    "https://a?b",
    "https://u@a",
  ])
    expect(faultsOf({ PUBLIC_URL }), PUBLIC_URL).toEqual([expect.stringMatching(/^PUBLIC_URL: /)]);
});

test("staging takes no short secret either, and makes those that are missing", () => {
  const staging = { ENVIRONMENT: "staging" };
  expect(read(staging)).toMatchObject({ ...secrets, isExposed: true, production: false });
  const names = ["SECRET_KEY", "JWT_SECRET_KEY", "ADMIN_TOKEN", "SECRET_KEY_PREVIOUS"];
  for (const name of names) {
    expect(faultsOf({ ...staging, [name]: "x".repeat(32) })).toEqual([]);
    expect(faultsOf({ ...staging, [name]: "x".repeat(31) })).toEqual([
      `${name}: ENVIRONMENT=staging needs at least 32 characters, or none at all`,
    ]);
    expect(faultsOf({ ENVIRONMENT: "test", [name]: "short" })).toEqual([]);
  }
  expect(read().isExposed).toBe(false);
});
