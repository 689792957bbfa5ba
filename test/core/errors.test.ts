import { inspect } from "node:util";
import { expect, it } from "vitest";
import { AppError, errorTable, toAppError } from "../../api/core/errors.ts";

it("every error has an HTTP status and a close code that may be sent", () => {
  for (const [code, { status, close }] of Object.entries(errorTable)) {
    expect(status >= 400 && status < 600, code).toBe(true);
    expect((close >= 4000 && close < 5000) || [1009, 1011, 1013].includes(close), code).toBe(true);
    expect(new AppError(code as keyof typeof errorTable, "x")).toMatchObject({
      status,
      closeCode: close,
      code,
    });
  }
});

it("one of ours stays as it is, and a stranger shows nothing of itself", () => {
  const ours = new AppError("CHAT_BUSY", "Busy", { retryAfter: 3 });
  expect(toAppError(ours)).toBe(ours);
  const strangers = [
    new Error("password=secret"),
    "secret",
    null,
    undefined,
    { message: "secret", code: "CHAT_BUSY" },
  ];
  for (const stranger of strangers) {
    const masked = toAppError(stranger);
    expect(masked).toMatchObject({ code: "INTERNAL_ERROR", status: 500 });
    expect(masked.message).not.toContain("secret");
    expect(toAppError(stranger, "PROCESSING_ERROR").code).toBe("PROCESSING_ERROR");
  }
  expect(inspect(toAppError(strangers[0]))).toContain("password=secret");
});
