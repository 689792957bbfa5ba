import { isRecord } from "../surface/operation.ts";

export interface GraphqlRequest {
  readonly type: "graphql";
  readonly operation: "query" | "mutation" | "subscription";
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface Result {
  readonly data: unknown;
  readonly errors: readonly unknown[];
}

export function readResult(value: unknown): Result {
  const { data = null, errors } = isRecord(value) ? value : {};
  return { data, errors: Array.isArray(errors) ? errors : [] };
}

/** Whether a result gave anything: no error, and not null alone. */
export function isGiven(value: unknown): boolean {
  const { data, errors } = readResult(value);
  if (errors.length > 0 || !isRecord(data)) return false;
  return Object.values(data).some((field) =>
    Array.isArray(field)
      ? field.some((item) => item !== null) || field.length === 0
      : field !== null,
  );
}

/** The codes of a result's errors; `null` where it gave nothing without one. */
export function codeOfResult(value: unknown): string {
  const { errors } = readResult(value);
  const codes = errors.map((error) => {
    const { extensions } = isRecord(error) ? error : {};
    return isRecord(extensions) ? String(extensions.code) : "an error";
  });
  return codes.toSorted().join(", ") || (isGiven(value) ? "data" : "null");
}

/** Whether a code says that our side failed. */
export function isBroken(code: string): boolean {
  return /INTERNAL_ERROR|PROCESSING_ERROR|SERVICE_UNAVAILABLE/.test(code);
}

export function isLimited(code: string): boolean {
  return /RATE_LIMIT_EXCEEDED|TOO_MANY_CONNECTIONS|QUOTA_EXCEEDED|CHAT_BUSY|QUERY_TOO_COMPLEX/.test(
    code,
  );
}
