import { commands, type Command, type OptionName } from "./commands.ts";
import { listNouns } from "./command-line.ts";

const optionTexts: Readonly<Record<OptionName, readonly [form: string, about: string]>> = {
  prefix: ["--prefix TEXT", "stands before each source, such as wiki/"],
  prune: [
    "--prune",
    "also deletes the documents, of that prefix if any, that the folders don't hold",
  ],
  name: ["--name TEXT", "for people"],
  domain: ["--domain NAME", "the tenant's domain; empty takes it away"],
  plan: ["--plan NAME", "free, pro or enterprise"],
  origin: ["--origin ORIGIN", "whose pages may call, such as https://example.com; can be repeated"],
  set: [
    "--set NAME=VALUE",
    "sets a setting, such as limits.messages_per_day=5000; can be repeated",
  ],
  unset: ["--unset NAME", "takes a setting away: its default counts again; can be repeated"],
  role: ["--role ROLE", "of a key: publishable, server or admin; of a user: member or admin"],
  expires: ["--expires MOMENT", "when the key ends, such as 2027-01-31; left out, never"],
  grace: ["--grace SECONDS", "how long the old key stays good, at most 30 days; left out, one day"],
  quiet: ["--quiet", "prints the key and nothing else"],
  from: ["--from DAY", "the first day in UTC, such as 2026-11-01"],
  to: ["--to DAY", "the last day"],
  sitemap: ["--sitemap", "the address is a sitemap's, whose pages are taken"],
  every: ["--every TIME", "reads it again, such as every 24h or 7d; left out, once"],
  keep: ["--keep", "its documents stay"],
  all: ["--all", "all that have failed, in place of names; at most --limit of them"],
  limit: [
    "--limit COUNT",
    "how many: of entries and documents at most 1000, of passages at most 50",
  ],
};

const notes: Readonly<Record<string, string>> = {
  documents: `A document is known by its source: the path of its file within the folder that was given, such as
handbook/holidays.md. Adding a source again replaces it. Files are .md, .markdown, .txt, .html, .htm, .pdf, .docx,
.csv and .json, at most 25 MiB each unless DOCUMENT_MAX_BYTES says otherwise. Hidden folders and node_modules
are left out.`,
  source: `A page becomes a document whose source is its address. It is read in the background: list tells how far it is.`,
  tenant: `The value of a setting is JSON where it reads as JSON, else a text; @FILE takes it from a file. The settings are
listed in docs/tenants.md.`,
  key: `A publishable key stands in pages and may chat only, a server key reaches all chats of the tenant and makes
tokens for its users, an admin key administers the tenant besides.`,
};

const general = `Options of all commands
  --tenant ID      whose; needed but for tenant and audit
  --json           prints the server's answer as JSON
  --url ADDRESS    the server's address; else http://localhost with the PORT of the server's settings
  --insecure       lets the admin token go to another machine over http
  -h, --help       prints this; behind a noun, that noun's options

The admin token is taken from ADMIN_TOKEN in the environment or .env, else from .data/secrets.json, where a
development server keeps the one that it made; that one goes to this machine alone. A tenant's own admin sets
ADMIN_TOKEN to their sk_ key.

Exit codes: 0 all is done, 1 something could not be done, 2 the command line is wrong.
`;

/** @param noun such as `key`; undefined, or unknown: everything in short. */
export function writeHelp(noun: string | undefined): string {
  const known = listNouns().find((one) => one === noun);
  if (known === undefined) {
    const lines = listNouns().map((one) => listCommands(one).join("\n"));
    const usage = "Usage: npm run miptech -- <noun> <command> [options]";
    const purpose =
      "Administers the running server: tenants, their keys, origins, users and documents.";
    return `${usage}\n\n${purpose}\n\n${lines.join("\n\n")}\n\n${general}`;
  }
  const parts = [
    `Usage: npm run miptech -- ${known}${isAlone(known) ? "" : " <command>"} [options]`,
    listCommands(known).join("\n"),
    notes[known],
    listOptions(known),
    general,
  ];
  return parts.filter((part) => part !== undefined && part !== "").join("\n\n");
}

function isAlone(noun: string): boolean {
  return Object.hasOwn(commands, noun);
}

function commandsOf(noun: string): [name: string, command: Command][] {
  return Object.entries<Command>(commands).filter(([name]) => name.split(" ")[0] === noun);
}

function listCommands(noun: string): string[] {
  return commandsOf(noun).map(([name, { operands = "", about }]) =>
    `  ${`${name} ${operands}`.padEnd(34)} ${about}`.trimEnd(),
  );
}

function listOptions(noun: string): string {
  const names = new Set(commandsOf(noun).flatMap(([, { options = [] }]) => options));
  const lines = [...names].map((name) => {
    const [form, about] = optionTexts[name];
    const users = commandsOf(noun).filter(([, { options = [] }]) => options.includes(name));
    const verbs = users.map(([one]) => one.split(" ")[1]).filter((verb) => verb !== undefined);
    const whose = verbs.length > 0 ? `${verbs.join(", ")}: ` : "";
    return `  ${form.padEnd(18)} ${whose}${about}`;
  });
  return lines.length === 0 ? "" : `Options\n${lines.join("\n")}`;
}
