import { buildPatched, type Patch } from "../support/patched-build.ts";

/** A part of the program that a run can be made without, to see that the run notices. */
export type Safeguard = keyof typeof patches;

const patches = {
  /** A job is crossed out when it begins. */
  "finish-last": [
    {
      file: "api/core/jobs/job-runner.ts",
      find: "      await work(workers, job, signal);\n      endBeat();\n      await jobs.finish(job);",
      replace:
        "      endBeat();\n      await jobs.finish(job);\n      await work(workers, job, signal);",
    },
  ],
  /** A version says that it is complete before its passages are there. */
  "one-transaction": [
    {
      file: "api/adapters/postgres/ingestion-store.ts",
      find: "      const isLive = await work(tenant, (em) =>",
      replace:
        "      await work(tenant, (em) => query(em, `update ${quotedSchema(tenant)}.document_versions set state = 'complete' where id = $1`, [id]));\n" +
        "      const isLive = await work(tenant, (em) =>",
    },
  ],
} satisfies Record<string, readonly Patch[]>;

/** Copies the program into `folder`, without that safeguard. @throws Error when a patch doesn't fit any more. */
export function buildWithout(safeguard: Safeguard, root: string, folder: string): Promise<void> {
  return buildPatched(patches[safeguard], root, folder);
}
