import { makeTenant } from "../support/tenant.ts";
import { listenRaw } from "./listen.ts";

export const origin = "http://localhost:3000";
const requestsOff = { enabled: false, requestsPerMinute: 1, burst: 0 };

/**
 * The door of a tenant `demo` with these settings, which asks for a user unless they say otherwise; it has a user with
 * a token.
 */
export async function listenWalled(settings: object = {}, limits = requestsOff) {
  const tenant = makeTenant("demo", { auth: { required: "user" }, ...settings });
  const platform = await listenRaw({
    tenants: [tenant, makeTenant("other")],
    limits,
    trustedProxies: [{ address: "127.0.0.0", prefix: 8, family: "ipv4" }],
  });
  const user = await platform.access.makeUser("demo", "ann");
  return { platform, user, token: await platform.access.tokenOf(user) };
}
