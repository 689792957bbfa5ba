import { openScratchPlatform } from "../scratch-platform.ts";
import { readCollection } from "./collection.ts";
import { averageMeasures, measureRanking, type Measures } from "./measures.ts";
import { createLibraryRanker, createOwnRankers, createTsRank, type Ranker } from "./rankers.ts";

/**
 * Measures the platform's search on a collection of judged questions, beside PostgreSQL's own ranking and a library's.
 * @param write takes lines for the person who waits.
 */
export async function compareRankings(
  folder: string,
  write: (line: string) => void,
): Promise<void> {
  const { documents, questions } = await readCollection(folder);
  write(`${documents.length} documents, ${questions.length} questions with judgements`);
  const platform = await openScratchPlatform();
  try {
    const tenant = await platform.addTenant("collection");
    const rankers = [
      ...(await createOwnRankers(platform.postgres, tenant, documents)),
      await createTsRank(platform, documents),
      createLibraryRanker(documents),
    ];
    write(`${"".padEnd(44)} nDCG@10  recall@10`);
    const rankings: (readonly string[])[][] = [];
    for (const ranker of rankers) {
      const { measures, ranked } = await measure(ranker, questions);
      rankings.push([...ranked]);
      write(
        `${ranker.name.padEnd(44)} ${measures.ndcg.toFixed(4)}   ${measures.recall.toFixed(4)}`,
      );
    }
    const [, textbook = [], , library = []] = rankings;
    const same = textbook.filter((ranked, i) => ranked.join() === library[i]?.join()).length;
    write(
      `With weights off the first ten are those of the library, in its order, for ${same} of ${questions.length} questions.`,
    );
  } finally {
    await platform.close();
  }
}

async function measure(
  ranker: Ranker,
  questions: Awaited<ReturnType<typeof readCollection>>["questions"],
): Promise<{ measures: Measures; ranked: readonly (readonly string[])[] }> {
  const all: Measures[] = [];
  const rankings: (readonly string[])[] = [];
  for (const { text, relevant } of questions) {
    const ranked = await ranker.rank(text);
    rankings.push(ranked);
    all.push(measureRanking(ranked, relevant));
  }
  return { measures: averageMeasures(all), ranked: rankings };
}
