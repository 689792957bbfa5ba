import type { Marks } from "../marks.ts";
import type { Preparer } from "./preparer.ts";
import { newSource } from "./supply.ts";
import { makeTenant, type Tenant, type TenantOptions } from "./tenant.ts";

/** The tenant that is attacked: all of its data carries marks. @throws PrepareError */
export async function makeVictim(
  preparer: Preparer,
  marks: Marks,
  id: string,
  onMade: TenantOptions["onMade"],
): Promise<Tenant> {
  const victim = await makeTenant(preparer, {
    id,
    whose: "the victim's",
    onMade,
    mark: marks.mark,
    onText: marks.learn,
    documents: [
      { source: newSource(), content: describeZeppelin(marks) },
      { source: newSource(), content: `# The harbour\n\nIts gate is ${marks.mark("tenant")}.` },
    ],
  });
  const { people } = victim;
  const holders = [people.server, people.admin, people.publishable];
  for (const { secret } of holders) marks.keep(secret ?? "");
  for (const { credential } of [people.visitor, people.user, people.adminUser])
    marks.keep(credential.secret ?? "");
  return victim;
}

/** The tenant that attacks. @throws PrepareError */
export function makeAttacker(
  preparer: Preparer,
  id: string,
  onMade: TenantOptions["onMade"],
): Promise<Tenant> {
  let count = 0;
  return makeTenant(preparer, {
    id,
    whose: "the attacker's",
    onMade,
    mark() {
      count += 1;
      return `own${count}`;
    },
    onText: () => undefined,
    documents: [
      { source: newSource(), content: "# Gardens\n\nTomatoes want six hours of sun a day." },
      { source: newSource(), content: "# Ponds\n\nA pond wants shade in the afternoon." },
    ],
  });
}

function describeZeppelin(marks: Marks): string {
  return `# The zeppelin\n\nThe code of the zeppelin is ${marks.mark("tenant")}, as its crew knows by heart.\n`;
}
