import { describe, expect, it } from "vitest";
import { ask } from "../../support/extractive.ts";
import { makeTenant } from "../../support/tenant.ts";

const documents = { guide: "# Guide\n\nThe server listens on port 8000.\n" };
const without = { tenant: makeTenant("plain", { features: { rag: false } }) };

/** Each way to answer without quoting a model's words. */
const answers: Readonly<Record<string, readonly [question: string, request: object]>> = {
  "a quotation": ["What port does the server listen on?", {}],
  "nothing found": ["Who painted the ceiling?", {}],
  "a greeting": ["Hello!", {}],
  "a question without search": ["What port?", without],
  "a greeting without search": ["Hello!", without],
};

for (const [what, [question, request]] of Object.entries(answers)) {
  describe(`${what} says of the language model`, () => {
    it("that none is configured, where there is none", async () => {
      const { text } = await ask(question, documents, request);
      expect(text).toMatch(/no language model is configured/i);
    });

    it("that it is not available, where it is down", async () => {
      const { text } = await ask(question, documents, request, { absence: "unavailable" });
      expect(text).toMatch(/the language model is not available at the moment/i);
      expect(text).not.toContain("configured");
    });

    it("that its budget is used up, where the tenant has no money left for it", async () => {
      const { text } = await ask(question, documents, request, { absence: "over_budget" });
      expect(text).toMatch(/the language model's budget for today is used up/i);
      expect(text).not.toMatch(/configured|available/);
    });
  });
}
