import { turnOwner, type Scene } from "./scene.ts";

async function askForRole({ target, rows, findings }: Scene): Promise<void> {
  const sql = "select current_user as role, session_user as login";
  const asked = await target.work(rows.tenant, (em) => em.execute(sql));
  const role = target.roleOf(rows.tenant.id);
  findings.compare(rows.tenant.id, "role", asked, [{ role, login: target.login }]);
}

/** Runs outside tenant work on the same pool: it fails under a role that a transaction has left behind. */
async function noteTenant({ target, rows }: Scene): Promise<void> {
  await target.leases.noteTenant(turnOwner, rows.tenant.id);
}

export const roleOperations = { "ask for the role": askForRole, "note tenant": noteTenant };
