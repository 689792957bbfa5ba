import { GraphQLError, type ExecutionResult } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { GraphqlContext } from "./context.ts";
import { findCost, maxCost, type Operation } from "./cost.ts";
import type { PresentError } from "./error.ts";
import { hideValues } from "./hide-values.ts";
import { findDocumentFault, parseWithin, tooComplex } from "./limits.ts";

/** Refuses what is too large before anything of it is done, on every transport. */
export function createLimitPlugin(): Plugin<GraphqlContext> {
  return {
    onParse({ setParseFn }) {
      setParseFn(parseWithin);
      return ({ result, replaceParseResult }) => {
        if (!result || result instanceof Error) return;
        const fault = findDocumentFault(result);
        if (fault) replaceParseResult(fault);
      };
    },
    onExecute({ args, setResultAndStopExecution }) {
      const fault = findCostFault(args);
      if (fault) setResultAndStopExecution({ errors: [fault] });
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const fault = findCostFault(args);
      if (fault) setResultAndStopExecution({ errors: [fault] });
    },
  };
}

function findCostFault(operation: Operation): GraphQLError | undefined {
  const cost = findCost(operation);
  return cost !== undefined && cost > maxCost ? tooComplex("cost", maxCost) : undefined;
}

/** Presents the errors of results, and logs the strangers among them with what they belong to. */
export function createErrorPlugin(present: PresentError): Plugin<GraphqlContext> {
  function presentAll(result: ExecutionResult, context: GraphqlContext): ExecutionResult {
    if (!result.errors) return result;
    const fields = { request_id: context.requestId, tenant_id: context.caller.tenant.id };
    return { ...result, errors: result.errors.map((error) => present(error, fields)) };
  }

  return {
    onValidate: () => refuseDocument,
    onExecute({ args }) {
      return {
        onExecuteDone({ result, setResult }) {
          if (isResult(result)) setResult(presentAll(result, args.contextValue));
        },
      };
    },
    onSubscribe({ args }) {
      const { contextValue } = args;
      return {
        onSubscribeResult({ result, setResult }) {
          if (isResult(result)) setResult(presentAll(result, contextValue));
          return {
            onNext(next) {
              if (isResult(next.result)) next.setResult(presentAll(next.result, contextValue));
            },
          };
        },
      };
    },
  };
}

/** What is wrong with a document is said without its values. */
function refuseDocument({ result, setResult }: Validated): void {
  if (result.length > 0) setResult(result.map(withoutValues));
}

interface Validated {
  readonly result: readonly Error[];
  readonly setResult: (errors: Error[]) => void;
}

function withoutValues(error: Error): Error {
  if (!(error instanceof GraphQLError)) return error;
  const { nodes, source, positions, extensions } = error;
  const place = { nodes: nodes ?? null, source: source ?? null, positions: positions ?? null };
  return new GraphQLError(hideValues(error.message), { ...place, extensions });
}

function isResult(result: unknown): result is ExecutionResult {
  return typeof result === "object" && result !== null && !(Symbol.asyncIterator in result);
}
