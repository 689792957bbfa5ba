import type { WidgetConfig } from "./config.ts";
import type { ConnectionStatus } from "./connection-status.ts";

type Address = Pick<WidgetConfig, "apiUrl" | "tenantId">;
type Settings = Address & Pick<WidgetConfig, "apiKey"> & { readonly isSignedIn: boolean };

/** What a close code means where no frame said why. */
const codes: Readonly<Record<number, string>> = { 4401: "INVALID_TOKEN", 4404: "TENANT_NOT_FOUND" };

/**
 * What a page's developer should set right when the server refuses the chat, and where. For the
 * console: a visitor can do nothing about it.
 */
export function explainRefusal(
  settings: Settings,
  { errorCode, closeCode, error }: ConnectionStatus,
  pageOrigin: string,
): string {
  const { apiUrl, tenantId, apiKey } = settings;
  const tenant = JSON.stringify(tenantId);
  const code = errorCode ?? codes[closeCode ?? 0];
  switch (code) {
    case "ORIGIN_NOT_ALLOWED":
      return (
        `${apiUrl} refuses pages of ${pageOrigin}. To allow them, add ${pageOrigin} to CORS_ORIGINS of the ` +
        `server, or to allowed_origins in the settings of the tenant ${tenant}` +
        `${apiKey ? "; and to the origins of the api-key, where it lists some" : ""}.`
      );
    case "TENANT_NOT_FOUND":
      return (
        `${apiUrl} has no active tenant ${tenant}. Check tenant-id (tenantId in init) and api-url (apiUrl); ` +
        "a suspended tenant is refused too."
      );
    case "FEATURE_DISABLED":
      return `The chat is switched off for the tenant ${tenant}: see features.chat in its settings.`;
    case "INVALID_TOKEN":
      return (
        `${apiUrl} refuses what the page shows (${nameCredentials(settings)}): it is wrong, expired, revoked or ` +
        `not of the tenant ${tenant}.`
      );
    case "TOKEN_EXPIRED":
      return "The token has expired, and there is no other: set tokenProvider, or token to a fresh one.";
    case "TOKEN_REQUIRED":
      return `${error}: set tokenProvider or token, or api-key (apiKey) where a key is enough.`;
    case undefined:
      return tenantId
        ? `The chat can't connect to ${JSON.stringify(apiUrl)}: ${error}. Check api-url (apiUrl in init).`
        : 'The tenant is missing: set tenant-id="…" on <miptech-chat>, or tenantId in init.';
    default:
      return `${apiUrl} refuses the chat of the tenant ${tenant}: ${error} (${code}).`;
  }
}

function nameCredentials({ isSignedIn, apiKey }: Settings): string {
  const names = [isSignedIn && "the user's token", apiKey && "api-key"].filter(Boolean);
  return names.join(", ") || "a visitor's token";
}

/** The page was asked for a token, and gave none. @param error never what the page's own code has thrown */
export function explainProvider(error: string | undefined): string {
  return `${error}: tokenProvider has to give the user's token as a string, or null where nobody is signed in.`;
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
