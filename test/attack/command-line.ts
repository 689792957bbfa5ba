import { parseArgs } from "node:util";
import { UsageError } from "../support/number-options.ts";
import { mutants, type Mutant } from "./mutant/mutants.ts";
import type { Thoroughness } from "./options.ts";

export interface AttackCommand {
  /** Of the running server; undefined: the one of the configuration. */
  readonly url: string | undefined;
  /** Undefined: that of the configuration. */
  readonly adminToken: string | undefined;
  readonly seed: number;
  readonly thoroughness: Thoroughness;
  /** A part of the names of the operations that are meant; undefined: all. */
  readonly only: string | undefined;
  readonly mutant: Mutant | undefined;
}

export const usage = `Usage: npm run attack -- [options]

Attacks a running server: makes two tenants with data of every kind, and lets everybody who has no business there ask
for the data of one of them: by every REST operation, every GraphQL field and every WebSocket frame that the server
describes, with the real ids, by each kind of credential. A case counts only when the owner's same call succeeds, and
what is refused must be refused as if it weren't there. The tenants are deleted at the end. Their limits are raised,
and their answers quote documents, so that no language model is paid for them.

  --url URL           the server (the one that .env tells, else http://localhost:8000)
  --admin-token TOKEN the platform admin's (ADMIN_TOKEN, from the environment, .env or .data)
  --seed N            the order of the trials (1)
  --quick             every operation, but few of those who could ask for it; half a minute
  --thorough          each of them by every way of showing a credential, not one in turn; many minutes
  --only TEXT         only operations with that in their name, such as /chat/{chat_id} or Query.node
  --without CHECK     for developers: attacks a server of its own without ${mutants.join(", ")}
  --help              prints this

Exit code: 0 nothing was found; 1 something was found, an operation has no case that counts, or the server can't be
attacked; 2 the command line is wrong. With --without: 1 it was found out; 3 PostgreSQL refused what the server let
pass, and nothing leaked; 4 neither: the suite is blind to it.
`;

/** @throws UsageError */
export function readCommandLine(args: readonly string[]): AttackCommand | "help" {
  const { url, seed, only, without, quick, thorough, help, ...rest } = parse(args);
  if (help) return "help";
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
    throw new UsageError("--url: an address such as http://localhost:8000 is expected");
  if (!/^\d{1,10}$/.test(seed))
    throw new UsageError(`--seed ${seed}: a whole number from 0 on is expected`);
  if (quick && thorough) throw new UsageError("--quick and --thorough: one of them is expected");
  const mutant = mutants.find((name) => name === without);
  if (without !== undefined && mutant === undefined)
    throw new UsageError(`--without ${without}: ${mutants.join(" or ")} is expected`);
  if (mutant && url !== undefined)
    throw new UsageError("--without brings a server of its own: --url is not expected");
  return {
    url: url?.replace(/\/+$/, ""),
    adminToken: rest["admin-token"],
    seed: Number(seed),
    thoroughness: quick ? "quick" : thorough ? "thorough" : "usual",
    only,
    mutant,
  };
}

function parse(args: readonly string[]) {
  const flag = { type: "boolean", default: false } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        url: { type: "string" },
        "admin-token": { type: "string" },
        seed: { type: "string", default: "1" },
        quick: flag,
        thorough: flag,
        only: { type: "string" },
        without: { type: "string" },
        help: { ...flag, short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
