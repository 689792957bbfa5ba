import { openRunRecord } from "../run-record.ts";

/** As in the real run, without servers. */
export default async function setUp(): Promise<() => Promise<void>> {
  const record = await openRunRecord();
  return () => record.close();
}
