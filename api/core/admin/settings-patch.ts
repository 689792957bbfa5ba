import { AppError } from "../errors.ts";
import { isJsonObject, mergePatch, type JsonObject } from "./merge-patch.ts";
import { withoutSecretMembers } from "./public-jwk.ts";
import type { Rule } from "./rules.ts";
import { ownSettings, settingRules, type SettingGroup } from "./setting-rules.ts";

/**
 * A tenant's settings after a JSON merge patch (RFC 7396). Settings that we don't know stay as they are, those
 * that the patch names must be known and right.
 * @param isPlatform whether all may be set, or those alone that are the tenant's own.
 * @throws AppError INVALID_REQUEST, FORBIDDEN, both with the name of the field
 */
export function patchSettings(stored: JsonObject, patch: unknown, isPlatform: boolean): JsonObject {
  if (!isJsonObject(patch)) throw invalidField("settings", "an object is expected");
  const barred = Object.keys(patch).find((name) => !isPlatform && !ownSettings.includes(name));
  if (barred !== undefined && Object.hasOwn(settingRules.fields, barred)) {
    const text = `settings.${barred}: only the platform's admin sets this`;
    throw new AppError("FORBIDDEN", text);
  }
  checkGroup(settingRules, patch, ["settings"]);
  const merged = mergePatch(stored, patch);
  const settings = isJsonObject(merged) ? merged : {};
  checkTogether(settings, patch);
  return settings;
}

/** The settings as they may be shown and remembered. */
export function showSettings(settings: JsonObject): JsonObject {
  const { auth } = settings;
  if (!isJsonObject(auth) || !Array.isArray(auth.keys)) return settings;
  const keys = auth.keys.filter(isJsonObject).map(withoutSecretMembers);
  return { ...settings, auth: { ...auth, keys } };
}

export function invalidField(name: string, fault: string): AppError {
  return new AppError("INVALID_REQUEST", `${name}: ${fault}`);
}

/** @throws AppError INVALID_REQUEST */
export function checkField(name: string, rule: Rule, value: unknown): void {
  const fault = rule(value);
  if (fault !== undefined) throw invalidField(name, fault);
}

function checkGroup(group: SettingGroup, patch: JsonObject, path: readonly string[]): void {
  for (const [name, value] of Object.entries(patch)) {
    const here = [...path, name];
    const rule = ruleOf(group, name);
    if (!rule) throw invalidField(here.join("."), "there is no such setting");
    if (value === null) continue;
    if (typeof rule === "function") checkField(here.join("."), rule, value);
    else if (isJsonObject(value)) checkGroup(rule, value, here);
    else throw invalidField(here.join("."), "an object is expected");
  }
}

function ruleOf({ fields, others }: SettingGroup, name: string): Rule | SettingGroup | undefined {
  if (Object.hasOwn(fields, name)) return fields[name];
  return others?.name.test(name) ? others.value : undefined;
}

/** What is right by itself and makes no sense beside the rest; only where the patch touches it. */
function checkTogether(settings: JsonObject, patch: JsonObject): void {
  const { auth, budget, branding } = settings;
  if (patch.auth !== undefined && isJsonObject(auth)) checkAuth(auth);
  if (patch.budget !== undefined && isJsonObject(budget)) {
    const steps: readonly unknown[] = Array.isArray(budget.at_limit) ? budget.at_limit : [];
    if (steps.includes("cheaper_model") && typeof budget.cheaper_model !== "string")
      throw invalidField("settings.budget.cheaper_model", "is missing, and at_limit needs it");
  }
  const max = maxOf(settingRules.fields.branding);
  if (patch.branding !== undefined && isJsonObject(branding) && Object.keys(branding).length > max)
    throw invalidField("settings.branding", `at most ${max} of them are expected`);
}

function checkAuth({ issuer, audience, jwks_url: jwksUrl, keys }: JsonObject): void {
  const list: readonly unknown[] = Array.isArray(keys) ? keys : [];
  const hasKeys = typeof jwksUrl === "string" || list.length > 0;
  if (issuer !== undefined && !hasKeys)
    throw invalidField("settings.auth", "an issuer needs its keys, or the jwks_url where they are");
  if (issuer === undefined && (hasKeys || audience !== undefined))
    throw invalidField("settings.auth.issuer", "is missing, and the rest needs it");
  const ids = list.filter(isJsonObject).map(({ kid }) => kid);
  if (ids.length > 1 && ids.some((id, index) => id === undefined || ids.indexOf(id) !== index)) {
    const text = "several keys need a kid of its own each";
    throw invalidField("settings.auth.keys", text);
  }
}

function maxOf(group: Rule | SettingGroup | undefined): number {
  return (typeof group === "object" ? group.others?.max : undefined) ?? Infinity;
}
