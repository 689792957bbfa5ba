import {
  issuerSettings,
  makeRightTokens,
  makeTokenGround,
  writeOwnToken,
  writeTenantToken,
} from "../../support/hostile-tokens/ground.ts";
import { adminToken, insertTenant, startPlatform } from "../../support/platform.ts";
import { allowedOrigins } from "./origins.ts";

type Headers = Record<string, string>;

const tenantId = "acme";
const [page = ""] = allowedOrigins;

/** A platform with a tenant to break into, and another one whose credentials are at hand. */
export async function openHostileWorld(env: Record<string, string> = {}) {
  const platform = await startPlatform({ env });
  const sketch = makeTokenGround({
    tenantId,
    otherTenantId: "other",
    userId: "user_unknown",
    // Those of every platform of the tests.
    secret: "j".repeat(40),
    visitorSecret: "s".repeat(40),
    now: Date.now(),
  });
  const limits = { concurrent_connections: 1000 };
  const auth = issuerSettings(sketch);
  await insertTenant(platform, tenantId, { limits, auth, allowed_origins: allowedOrigins });
  const audience = "https://chat.example.com/other";
  const otherOrigins = ["https://other.example", ...allowedOrigins];
  await insertTenant(platform, "other", {
    limits,
    auth: { ...auth, audience },
    allowed_origins: otherOrigins,
  });

  async function call<Answer>(
    method: string,
    path: string,
    headers: Headers = {},
    json?: object,
  ): Promise<Answer> {
    const response = await fetch(`${platform.url}/api/v1${path}`, {
      method,
      headers: { "Content-Type": "application/json", "X-Tenant-ID": tenantId, ...headers },
      body: json ? JSON.stringify(json) : null,
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return (response.status === 204 ? undefined : await response.json()) as Answer;
  }

  const asAdmin = (tenant = tenantId) => ({ "X-Tenant-ID": tenant, "X-Admin-Token": adminToken });

  async function makeKey(role: string, fields: object = {}, tenant = tenantId) {
    const json = { role, name: "For tests", ...fields };
    return call<{ id: string; key: string }>("POST", "/admin/keys", asAdmin(tenant), json);
  }
  /** Of the tenant of the key. */
  async function makeToken(key: string, id: string, tenant = tenantId) {
    const headers = { "X-Tenant-ID": tenant, "X-API-Key": key };
    const json = { user: { id } };
    return call<{ access_token: string; user: { id: string } }>(
      "POST",
      "/auth/token",
      headers,
      json,
    );
  }
  async function makeVisitor(tenant = tenantId) {
    const headers = { "X-Tenant-ID": tenant };
    return call<{ id: string; visitor_token: string }>("POST", "/chat", headers, {});
  }
  async function makeTicket(token: string, headers: Headers = {}): Promise<string> {
    const shown = { Authorization: `Bearer ${token}`, ...headers };
    return (await call<{ ticket: string }>("POST", "/auth/ticket", shown)).ticket;
  }

  const server = await makeKey("server");
  const publishable = await makeKey("publishable", { origins: [page] });
  const user = await makeToken(server.key, "ann");
  const visitor = await makeVisitor();
  const ground = { ...sketch, userId: user.user.id };

  return {
    ...platform,
    platform,
    tenantId,
    ground,
    page,
    call,
    asAdmin,
    makeKey,
    makeToken,
    makeVisitor,
    makeTicket,
    server: server.key,
    publishable: publishable.key,
    userToken: user.access_token,
    /** Of the visitor who made it, and reached by whoever knows it. */
    chatId: visitor.id,
    visitorToken: visitor.visitor_token,
    rightTokens: makeRightTokens(ground),
    writeOwn: (claims: object) => writeOwnToken(ground, { claims }),
    writeTenants: (claims: object) => writeTenantToken(ground, { claims }),
  };
}

export type HostileWorld = Awaited<ReturnType<typeof openHostileWorld>>;
