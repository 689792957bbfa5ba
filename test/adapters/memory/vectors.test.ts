import { createMemoryVectors } from "../../../api/adapters/memory/vectors.ts";
import { vectorsContract } from "../../contracts/vectors.ts";

vectorsContract("memory", async () => ({
  vectors: createMemoryVectors(4),
  close: async () => undefined,
}));
