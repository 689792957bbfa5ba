/** What is asked of an address. */
export interface WebRequest {
  /** See `normalizeAddress`. */
  readonly url: string;
  /** As in the header. */
  readonly accept: string;
  /** Of the body as it is sent, and of what it unpacks to. */
  readonly maxBytes: number;
  /** What the last answer said, so that the same isn't sent again. */
  readonly etag?: string | null;
  readonly lastModified?: string | null;
  /** A redirect isn't followed but told: see `redirectsTo`. */
  readonly stopsAtRedirect?: boolean;
  /** Looks at the answer before its body is read. @param mediaType as in the header. @param url that answers. */
  readonly takes?: (mediaType: string | undefined, url: string) => boolean;
}

export interface WebAnswer {
  /** Of the last redirect. */
  readonly url: string;
  /** Where it redirects to, which the rules of redirects allow. There is no body. */
  readonly redirectsTo?: string;
  /** Undefined: it is what it was. */
  readonly body: Uint8Array | undefined;
  /** As in the header, such as `text/html; charset=utf-8`. */
  readonly mediaType: string | undefined;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** Reads what stands at addresses of the public internet, and nothing else. */
export interface WebFetcher {
  /** Ends within a minute. @throws WebFetchError; the signal's reason when it aborts */
  fetch(request: WebRequest, signal: AbortSignal): Promise<WebAnswer>;
}

export const maxRedirects = 5;

/** Why an address could not be read. */
export const webFetchErrors = [
  /** Not an address of http or https without credentials, of a usual port, and of the public internet alone. */
  "ADDRESS_NOT_ALLOWED",
  /** Its name has no address. */
  "HOST_NOT_FOUND",
  /** No connection, or one that broke. */
  "HOST_UNREACHABLE",
  /** It took too long, or was silent for too long. */
  "FETCH_TIMEOUT",
  /** To http from https, to another host, or more than five. */
  "REDIRECT_REFUSED",
  /** Any status but 200, 304 and redirects. */
  "HTTP_ERROR",
  /** Its body can't be unpacked, or is not what its headers say. */
  "INVALID_RESPONSE",
  "RESPONSE_TOO_LARGE",
  "UNSUPPORTED_MEDIA_TYPE",
] as const;
export type WebFetchErrorCode = (typeof webFetchErrors)[number];

const transientErrors: readonly WebFetchErrorCode[] = [
  "HOST_NOT_FOUND",
  "HOST_UNREACHABLE",
  "FETCH_TIMEOUT",
];
const transientStatuses = [408, 425, 429, 500, 502, 503, 504];

/** Its message is safe to show to the tenant's admins. */
export class WebFetchError extends Error {
  override readonly name = "WebFetchError";
  readonly code: WebFetchErrorCode;
  /** Of HTTP_ERROR. */
  readonly status: number | undefined;
  /** How long the host wants to be left alone, in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: WebFetchErrorCode,
    message: string,
    options: { status?: number; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether it may go better in a while. */
  get isTransient(): boolean {
    return (
      transientErrors.includes(this.code) ||
      (this.status !== undefined && transientStatuses.includes(this.status))
    );
  }

  /** The address says that nothing is there any more. */
  get isGone(): boolean {
    return this.status === 404 || this.status === 410;
  }
}

export function addressNotAllowed(): WebFetchError {
  const text = "Only http and https addresses of the public internet are read";
  return new WebFetchError("ADDRESS_NOT_ALLOWED", text);
}
