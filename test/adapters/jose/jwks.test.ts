import { afterAll, beforeAll, expect, it } from "vitest";
import { makeSigningKey } from "../../support/signing-keys.ts";
import { startJwksServer, type JwksServer } from "../../support/jwks-server.ts";
import { expectRefused } from "./expect-refused.ts";
import { openTokens, rsa, tenantWith, writeIssued } from "./tenant-issuer.ts";

const next = makeSigningKey("ES256", "next");
const registered = makeSigningKey("EdDSA", "registered");
let server: JwksServer;
beforeAll(async () => {
  server = await startJwksServer();
});
afterAll(() => server.close());

const tenant = (keys: readonly object[] = []) => tenantWith(keys, { jwks_url: server.url });

it("a rotation goes on without a good token refused, and ends with the old ones out", async () => {
  const { tokens, clock } = openTokens();
  const old = writeIssued();
  const young = writeIssued({}, { key: next });
  server.publish([rsa.jwk]);
  await expect(tokens.verify(tenant(), old)).resolves.toBeDefined();

  server.publish([rsa.jwk, next.jwk]);
  await expect(tokens.verify(tenant(), young)).resolves.toBeDefined();
  await expect(tokens.verify(tenant(), old)).resolves.toBeDefined();

  server.publish([next.jwk]);
  clock.advance(600_000);
  await expectRefused(tokens.verify(tenant(), old), old);
  await expect(tokens.verify(tenant(), young)).resolves.toBeDefined();
});

it("unknown key ids have the keys fetched once in 30 seconds, however many they are", async () => {
  const { tokens, clock } = openTokens();
  server.publish([rsa.jwk]);
  const before = server.requests;
  for (let count = 0; count < 20; count += 1) {
    const token = writeIssued({}, { header: { kid: `unknown-${count}` } });
    await expectRefused(tokens.verify(tenant(), token), token);
  }
  expect(server.requests - before).toBe(2);
  clock.advance(30_000);
  const token = writeIssued({}, { header: { kid: "unknown" } });
  await expectRefused(tokens.verify(tenant(), token), token);
  expect(server.requests - before).toBe(3);
});

it("a wrong signature under a known key id has nothing fetched", async () => {
  const { tokens } = openTokens();
  server.publish([rsa.jwk]);
  await tokens.verify(tenant(), writeIssued());
  const before = server.requests;
  const forged = writeIssued({}, { key: makeSigningKey("RS256", "rsa") });
  await expectRefused(tokens.verify(tenant(), forged), forged);
  expect(server.requests).toBe(before);
});

it("a token of an algorithm that isn't taken has nothing fetched", async () => {
  const { tokens } = openTokens();
  const before = server.requests;
  for (const alg of ["none", "HS384", "ES256K", "RS1"]) {
    const token = writeIssued({}, { header: { alg } });
    await expectRefused(tokens.verify(tenant(), token), token);
  }
  expect(server.requests).toBe(before);
});

it("tokens of the last keys are taken while their server is down", async () => {
  const { tokens, clock } = openTokens();
  server.publish([rsa.jwk]);
  await tokens.verify(tenant(), writeIssued());
  server.answerWith((_request, response) => void response.writeHead(503).end());
  clock.advance(600_000);
  await expect(tokens.verify(tenant(), writeIssued())).resolves.toBeDefined();
  const unknown = writeIssued({}, { key: next });
  await expectRefused(tokens.verify(tenant(), unknown), unknown);
});

it("with no keys yet it is said that they can't be had, and others' tokens are none the worse", async () => {
  const { tokens, clock, logger } = openTokens();
  server.answerWith((_request, response) => void response.writeHead(503).end());
  const before = server.requests;
  for (let count = 0; count < 5; count += 1) {
    await expect(tokens.verify(tenant(), writeIssued())).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      retryAfter: 10,
    });
  }
  expect(server.requests - before).toBe(1);
  expect(logger.lines).toHaveLength(1);
  await expect(tokens.verify(tenantWith([rsa.jwk]), writeIssued())).resolves.toBeDefined();
  clock.advance(10_000);
  server.publish([rsa.jwk]);
  await expect(tokens.verify(tenant(), writeIssued())).resolves.toBeDefined();
});

it("registered keys and those of the URL both count, and the former need no fetch", async () => {
  const { tokens } = openTokens();
  server.publish([rsa.jwk]);
  const before = server.requests;
  const token = writeIssued({}, { key: registered });
  await expect(tokens.verify(tenant([registered.jwk]), token)).resolves.toBeDefined();
  expect(server.requests).toBe(before);
  await expect(tokens.verify(tenant([registered.jwk]), writeIssued())).resolves.toBeDefined();
  expect(server.requests).toBe(before + 1);
});

it("a token without kid finds the new key as well", async () => {
  const { tokens } = openTokens();
  const other = makeSigningKey("RS256", "rsa");
  server.publish([other.jwk]);
  await tokens.verify(tenant(), writeIssued({}, { key: other }));
  server.publish([rsa.jwk]);
  const token = writeIssued({}, { header: { kid: undefined } });
  await expect(tokens.verify(tenant(), token)).resolves.toBeDefined();
});

it("tenants of one issuer share its keys, and not its tokens", async () => {
  const { tokens } = openTokens();
  server.publish([rsa.jwk]);
  const before = server.requests;
  const other = { ...tenant(), id: "other" };
  await expect(tokens.verify(tenant(), writeIssued({ tenant_id: "demo" }))).resolves.toBeDefined();
  const token = writeIssued({ tenant_id: "demo" });
  await expectRefused(tokens.verify(other, token), token);
  await expect(tokens.verify(other, writeIssued({ tenant_id: "other" }))).resolves.toBeDefined();
  expect(server.requests - before).toBe(1);
});
