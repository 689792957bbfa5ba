import { AppError } from "../errors.ts";
import { type AddressRules, isAllowedUrl, maxAddressLength, normalizeAddress } from "./address.ts";
import type { WebSourceSettings } from "./web-source.ts";

/** What isn't given stays as it is. */
export interface SettingsPatch {
  /** Null: it is read once. */
  readonly everyHours?: number | null | undefined;
  readonly maxPages?: number | null | undefined;
  readonly include?: readonly string[] | null | undefined;
  readonly exclude?: readonly string[] | null | undefined;
}

/** Ninety days. */
export const maxEveryHours = 2160;
export const maxMaxPages = 5000;
export const maxPrefixes = 50;
export const maxPrefixLength = 200;

const standard: WebSourceSettings = { everyHours: null, maxPages: 500, include: [], exclude: [] };

/** @throws AppError INVALID_REQUEST, ADDRESS_NOT_ALLOWED */
export function readUrl(given: string, addresses: AddressRules): string {
  const url = normalizeAddress(given);
  if (url === undefined) {
    const rule = `an http or https address without credentials is expected, at most ${maxAddressLength} characters`;
    throw new AppError("INVALID_REQUEST", `url: ${rule}`);
  }
  if (isAllowedUrl(new URL(url), addresses)) return url;
  const rule = "only addresses of the public internet are read, at the ports of the web";
  throw new AppError("ADDRESS_NOT_ALLOWED", `url: ${rule}`);
}

/** @throws AppError INVALID_REQUEST */
export function readSettings(patch: SettingsPatch, old = standard): WebSourceSettings {
  const { everyHours = old.everyHours } = patch;
  if (everyHours !== null) checkNumber("every_hours", everyHours, maxEveryHours);
  const maxPages = patch.maxPages ?? old.maxPages;
  checkNumber("max_pages", maxPages, maxMaxPages);
  return {
    everyHours,
    maxPages,
    include: readPrefixes("include", patch.include ?? old.include),
    exclude: readPrefixes("exclude", patch.exclude ?? old.exclude),
  };
}

function checkNumber(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new AppError("INVALID_REQUEST", `${name}: a whole number from 1 to ${most} is expected`);
}

/** As paths are written in addresses. */
function readPrefixes(name: string, given: readonly string[]): string[] {
  const isRight = (prefix: string) =>
    /^\/[^?#\\\p{Cc}]*$/u.test(prefix) && prefix.length <= maxPrefixLength && prefix.isWellFormed();
  if (given.length > maxPrefixes || !given.every(isRight)) {
    const rule = `at most ${maxPrefixes} beginnings of paths are expected, such as /docs/, of at most ${maxPrefixLength} characters`;
    throw new AppError("INVALID_REQUEST", `${name}: ${rule}`);
  }
  return [...new Set(given.map((prefix) => encodePath(prefix)))];
}

function encodePath(path: string): string {
  return path.replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}
