/** One way to name a tenant to HTTP that isn't the plain one. */
export interface Spelling {
  readonly how: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Behind the address. */
  readonly query: string;
}

/** Both tenants at once, or the victim's in other words. @param own of the attacker */
export function listSpellings(victim: string, own: string): Spelling[] {
  const name = "X-Tenant-ID";
  const schema = victim.replaceAll("-", "_");
  const named = (how: string, value: string | readonly string[]): Spelling => ({
    how,
    headers: { [name]: value },
    query: "",
  });
  const beside = (how: string, header: string): Spelling => ({
    how,
    headers: { [name]: own, [header]: victim },
    query: "",
  });
  return [
    named("two lines, own first", [own, victim]),
    named("two lines, own last", [victim, own]),
    named("a list, own first", `${own}, ${victim}`),
    named("a list, own last", `${victim},${own}`),
    named("blanks around", `  ${victim}  `),
    named("a tab before", `\t${victim}`),
    named("in capitals", victim.toUpperCase()),
    named("with underscores", schema),
    named("as its schema", `tenant_${schema}`),
    named("encoded", victim.replaceAll("-", "%2D")),
    named("with a NUL, encoded", `${own}%00${victim}`),
    named("as a path", `${own}/../${victim}`),
    named("with a slash", `${victim}/`),
    named("quoted", `"${victim}"`),
    named("with a semicolon", `${own};${victim}`),
    beside("besides X-Tenant", "X-Tenant"),
    beside("besides Tenant-ID", "Tenant-ID"),
    beside("besides X-Forwarded-Tenant-ID", "X-Forwarded-Tenant-ID"),
    beside("besides X-Original-Tenant-ID", "X-Original-Tenant-ID"),
    beside("besides a cookie", "Cookie"),
    {
      how: "own, and the victim's in the query",
      headers: { [name]: own },
      query: `tenant_id=${victim}&tenantId=${victim}`,
    },
    {
      how: "the victim's, and own in the query",
      headers: { [name]: victim },
      query: `tenant_id=${own}&tenantId=${own}`,
    },
    { how: "in the query alone", headers: {}, query: `tenant_id=${victim}&X-Tenant-ID=${victim}` },
  ];
}

/** Queries of a WebSocket's address, and its headers, that name both tenants or the victim's in other words. */
export function listAddresses(
  victim: string,
  own: string,
): { readonly how: string; readonly query: string; readonly headers: Record<string, string> }[] {
  const named = (how: string, query: string) => ({ how, query, headers: {} });
  return [
    named("twice, own first", `tenant_id=${own}&tenant_id=${victim}`),
    named("twice, own last", `tenant_id=${victim}&tenant_id=${own}`),
    named("as a list", `tenant_id[]=${victim}&tenant_id=${own}`),
    named("under another name", `tenant_id=${own}&tenantId=${victim}`),
    named("in capitals", `tenant_id=${victim.toUpperCase()}`),
    named("with underscores", `tenant_id=${victim.replaceAll("-", "_")}`),
    named("with a blank", `tenant_id=${victim}%20`),
    named("with a NUL", `tenant_id=${own}%00${victim}`),
    {
      how: "and another in the header",
      query: `tenant_id=${own}`,
      headers: { "X-Tenant-ID": victim },
    },
  ];
}
