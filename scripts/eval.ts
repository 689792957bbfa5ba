/** Measures answers and search: of a tenant on the running server, and on a collection beside other rankings. */
import { parseArgs } from "node:util";
import { compareRankings } from "./eval/compare-rankings.ts";
import { evalTenant } from "./eval/eval-tenant.ts";

const help = `Usage: npm run eval -- --tenant ID QUESTIONS
       npm run eval -- --collection FOLDER

  --tenant ID          asks the running server each question of the file QUESTIONS, one a line:
                       {"id", "question", "relevant": [{"source", "heading"}], "answerable": true or false}
                       and prints recall@k and nDCG@10 of the search, which were answered rightly, the share of
                       verified citations, and how long it took. Each question is a message of the tenant, in a
                       chat that is deleted again
  --url URL            of another server than this folder's; then set ADMIN_TOKEN. --insecure allows http there
  --verbose            tells of each question too
  --collection FOLDER  docs.jsonl and queries.jsonl ({"id", "text"} a line) and qrels.tsv (question, tab, document):
                       nDCG@10 and recall@10 of the platform's lexical search, of the same without weights, of
                       PostgreSQL's ts_rank and of an npm BM25 library, on a database of its own
  --help               prints this
`;

const write = (line: string) => void process.stdout.write(`${line}\n`);

/** @returns whether all went well. */
async function run(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      collection: { type: "string" },
      tenant: { type: "string" },
      url: { type: "string" },
      insecure: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  const { collection, tenant: tenantId, url, insecure, verbose: isVerbose } = values;
  if (values.help) {
    process.stdout.write(help);
    return true;
  }
  if (tenantId !== undefined) {
    const [file, ...more] = positionals;
    if (collection !== undefined || file === undefined || more.length > 0)
      throw new Error(`--tenant takes one file of questions\n\n${help}`);
    return await evalTenant({ tenantId, file, url, insecure, isVerbose }, write);
  }
  if (collection === undefined || positionals.length > 0)
    throw new Error(`Say what to measure on\n\n${help}`);
  await compareRankings(collection, write);
  return true;
}

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
