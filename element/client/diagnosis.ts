import type { WidgetConfig } from "./config.ts";
import type { ConnectionStatus } from "./connection-status.ts";

type Address = Pick<WidgetConfig, "apiUrl" | "tenantId">;

/** What a close code means where no frame said why. */
const codes: Readonly<Record<number, string>> = { 4401: "INVALID_TOKEN", 4404: "TENANT_NOT_FOUND" };

/**
 * What a page's developer should set right when the server refuses the chat, and where. For the
 * console: a visitor can do nothing about it.
 */
export function explainRefusal(
  { apiUrl, tenantId }: Address,
  { errorCode, closeCode, error }: ConnectionStatus,
  pageOrigin: string,
): string {
  const tenant = JSON.stringify(tenantId);
  const code = errorCode ?? codes[closeCode ?? 0];
  switch (code) {
    case "ORIGIN_NOT_ALLOWED":
      return (
        `${apiUrl} refuses pages of ${pageOrigin}. To allow them, add ${pageOrigin} to CORS_ORIGINS of the ` +
        `server, or to allowed_origins in the settings of the tenant ${tenant}.`
      );
    case "TENANT_NOT_FOUND":
      return (
        `${apiUrl} has no active tenant ${tenant}. Check tenant-id (tenantId in init) and api-url (apiUrl); ` +
        "a suspended tenant is refused too."
      );
    case "FEATURE_DISABLED":
      return `The chat is switched off for the tenant ${tenant}: see features.chat in its settings.`;
    case "INVALID_TOKEN":
      return `${apiUrl} refuses the token: it is expired, malformed or another tenant's. Set token to a fresh one.`;
    case undefined:
      return tenantId
        ? `The chat can't connect to ${JSON.stringify(apiUrl)}: ${error}. Check api-url (apiUrl in init).`
        : 'The tenant is missing: set tenant-id="…" on <miptech-chat>, or tenantId in init.';
    default:
      return `${apiUrl} refuses the chat of the tenant ${tenant}: ${error} (${code}).`;
  }
}

/** Nothing came back from the server, and a browser doesn't tell a page why. */
export function explainSilence({ apiUrl }: Address): string {
  return (
    `${apiUrl} can't be reached. Check that api-url (apiUrl in init) is the address of the API and that it runs; ` +
    "that connect-src of the page's Content-Security-Policy, if it has one, lists it with its https:// and wss:// " +
    "address; and that a proxy in between lets WebSockets through."
  );
}

/** The connection stands, and yet a request over HTTP to the same server could not be read. */
export function explainBlockedRequest({ apiUrl }: Address, pageOrigin: string): string {
  return (
    `Requests to ${apiUrl}/api/v1 fail, though its WebSocket is open: earlier messages and the list of chats can't ` +
    `be shown. Check that connect-src of the page's Content-Security-Policy, if it has one, lists ${apiUrl}, and ` +
    `that a proxy in between lets the API's CORS headers for ${pageOrigin} through.`
  );
}
