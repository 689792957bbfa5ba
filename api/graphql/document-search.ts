import { requireAdmin } from "../core/access/caller.ts";
import { AppError } from "../core/errors.ts";
import type {
  Contribution,
  ExplainedPassage,
  ExplainedTerm,
  Explanation,
} from "../core/retrieval/explain-retrieval.ts";
import { isStorable, notStorable } from "../core/storable.ts";
import { builder } from "./builder.ts";

const maxQuestionLength = 4000;
const maxPassages = 50;

const SearchTerm = builder.objectRef<ExplainedTerm>("DocumentSearchTerm").implement({
  fields: (t) => ({
    word: t.exposeString("word"),
    forms: t.stringList({
      description: "As the index has it.",
      resolve: ({ forms }) => [...forms],
    }),
    passages: t.exposeInt("passages", { description: "How many passages have it." }),
    weight: t.exposeFloat("weight"),
    corrected: t.exposeString("corrected", {
      nullable: true,
      description: "The known word that an unknown one was taken for.",
    }),
  }),
});

const SearchContribution = builder.objectRef<Contribution>("DocumentSearchContribution").implement({
  description: "How often a word stands in a passage, and what that adds to its score.",
  fields: (t) => ({
    word: t.exposeString("word"),
    text: t.exposeInt("text"),
    heading: t.exposeInt("heading"),
    title: t.exposeInt("title"),
    score: t.exposeFloat("score"),
  }),
});

const FoundPassage = builder.objectRef<ExplainedPassage>("DocumentSearchPassage").implement({
  fields: (t) => ({
    id: t.id({ resolve: ({ passage }) => passage.id }),
    documentId: t.id({ resolve: ({ passage }) => passage.documentId }),
    title: t.string({ resolve: ({ passage }) => passage.title }),
    url: t.string({ nullable: true, resolve: ({ passage }) => passage.url }),
    heading: t.string({ resolve: ({ passage }) => passage.heading }),
    page: t.int({ nullable: true, resolve: ({ passage }) => passage.page }),
    text: t.string({ resolve: ({ passage }) => passage.text }),
    start: t.int({
      description: "Place in the document's text, in UTF-16 units.",
      resolve: ({ passage }) => passage.start,
    }),
    score: t.float({ description: "From 0 to 1.", resolve: ({ passage }) => passage.score }),
    length: t.exposeInt("length", { nullable: true, description: "In words." }),
    contributions: t.field({
      type: [SearchContribution],
      resolve: ({ contributions }) => [...contributions],
    }),
    phrase: t.exposeFloat("phrase", {
      description: "What words add that stand together as asked.",
    }),
  }),
});

const DocumentSearch = builder.objectRef<Explanation>("DocumentSearch").implement({
  description: "What a question finds, and why.",
  fields: (t) => ({
    averageLength: t.exposeFloat("averageLength", { description: "Of the passages, in words." }),
    degraded: t.stringList({
      description: "What the search had to do without: `retrieval_incomplete`.",
      resolve: ({ degraded }) => [...degraded],
    }),
    terms: t.field({ type: [SearchTerm], resolve: ({ terms }) => [...terms] }),
    passages: t.field({
      type: [FoundPassage],
      description: "Best first.",
      resolve: ({ passages }) => [...passages],
    }),
  }),
});

builder.queryField("documentSearch", (t) =>
  t.field({
    type: DocumentSearch,
    nullable: true,
    description: "Shows what a question finds in the documents, and why. For admins.",
    complexity: 50,
    args: {
      question: t.arg.string({ required: true }),
      limit: t.arg.int({ description: `At most ${maxPassages}; 10 when it is left out.` }),
    },
    resolve(_root, { question, limit }, { services, caller }) {
      requireAdmin(caller);
      if (question === "" || question.length > maxQuestionLength)
        throw invalid(`question: 1 to ${maxQuestionLength} characters are expected`);
      if (!isStorable(question)) throw invalid(`question: ${notStorable}`);
      const most = limit ?? 10;
      if (most < 1 || most > maxPassages) throw invalid(`limit: 1 to ${maxPassages} is expected`);
      return services.ingestion.explain(caller.tenant, question, most);
    },
  }),
);

function invalid(message: string): AppError {
  return new AppError("INVALID_REQUEST", message);
}
