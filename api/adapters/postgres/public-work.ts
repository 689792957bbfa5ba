import type { MikroORM } from "@mikro-orm/core";
import type { EntityManager, PostgreSqlDriver } from "@mikro-orm/postgresql";
import { AppError } from "../../core/errors.ts";
import { isForeignKeyViolation, translateError } from "./errors.ts";
import { timeLimits } from "./tenant-work.ts";

/** The one way to the rows that stand above the tenants; each statement names the schema public itself. */
export interface PublicWork {
  /** Without a transaction. @throws AppError SERVICE_UNAVAILABLE */
  read<Result>(work: (em: EntityManager) => Promise<Result>): Promise<Result>;
  /**
   * In a transaction: all of it is stored, or nothing.
   * @throws AppError SERVICE_UNAVAILABLE; TENANT_NOT_FOUND when what is stored belongs to a tenant that isn't there;
   *   what `work` throws.
   */
  change<Result>(work: (em: EntityManager) => Promise<Result>): Promise<Result>;
}

export function createPublicWork(orm: MikroORM<PostgreSqlDriver>): PublicWork {
  return {
    async read(work) {
      try {
        return await work(orm.em.fork());
      } catch (error) {
        throw translateError(error);
      }
    },
    async change(work) {
      const em = orm.em.fork();
      em.setSessionContext({ variables: timeLimits });
      try {
        return await em.transactional(work);
      } catch (error) {
        if (isForeignKeyViolation(error))
          throw new AppError("TENANT_NOT_FOUND", "Tenant not found", { cause: error });
        throw translateError(error);
      }
    },
  };
}
