/** The promise's result. @throws Error with that text when it takes longer. */
export async function within<Result>(
  ms: number,
  text: string,
  promise: Promise<Result>,
): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(text)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
