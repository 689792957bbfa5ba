import { describe, expect, it } from "vitest";
import { readCsv } from "../../../api/adapters/documents/csv.ts";
import { readJson } from "../../../api/adapters/documents/json.ts";
import { splitPassages } from "../../../api/core/documents/passages.ts";
import { parse, toInput } from "./read.ts";

const csv = (text: string) => readCsv(toInput(text)).text;
const json = (value: unknown) => readJson(toInput(JSON.stringify(value))).text;

describe("of CSV", () => {
  it("each record is a block that tells the name of each value", async () => {
    const { text } = await parse('Name,Note\nAnna,"a ""b"", c\nand d"\nBert,\n', "text/csv");
    expect(text).toBe('Name: Anna\nNote: a "b", c and d\n\nName: Bert');
  });

  it.each([
    ["semicolons", "a;b\n1,5;2\n3,5;4\n", "a: 1,5\nb: 2\n\na: 3,5\nb: 4"],
    ["tabs", "a\tb\n1, 2\t3\n", "a: 1, 2\nb: 3"],
    ["bars", "a|b\n1|2\n", "a: 1\nb: 2"],
    ["commas beside quoted semicolons", 'a,b\n"1;2;3","4;5;6"\n', "a: 1;2;3\nb: 4;5;6"],
    ["nothing", "name\nAnna\nBert\n", "name: Anna\n\nname: Bert"],
  ])("split by %s the delimiter is found", (_, text, expected) => {
    expect(csv(text)).toBe(expected);
  });

  it("shorter and longer records, empty names and rows, stray quotes and a byte order mark are taken", () => {
    expect(csv('\ufeffa,,c\r\n1\r\n\r\n1,2,3,4\r\n,,\r\n5" pipe,x,\r\n')).toBe(
      'a: 1\n\na: 1\nColumn 2: 2\nc: 3\nColumn 4: 4\n\na: 5" pipe\nColumn 2: x',
    );
  });

  it("a header alone is the text", () => {
    expect(csv("a,b\n")).toBe("a\nb");
  });

  it("of 5,000 rows every record is whole in one passage", async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => `${i},Name ${i},"City ${i}, East"`);
    const { text } = await parse(`Id,Name,City\n${rows.join("\n")}`, "text/csv");
    const passages = splitPassages(text);
    for (let i = 0; i < 5000; i += 7) {
      const record = `Id: ${i}\nName: Name ${i}\nCity: City ${i}, East`;
      expect(
        passages.filter((passage) => `${passage.text}\n`.includes(`${record}\n`)),
      ).toHaveLength(1);
    }
  });

  it.each([
    ["text/csv", "plan,price\nBasic,0\nPro,10\n"],
    ["application/json", '{"plans": [{"plan": "Basic"}]}'],
    ["application/x-ndjson", '{"plan": "Basic"}\n{"plan": "Pro"}'],
  ])("no first value is the title of records: %s", async (type, text) => {
    expect((await parse(text, type)).title).toBe("");
  });

  it("an open quote is told with its line", () => {
    expect(() => csv('a,b\n1,"open\n2,3\n')).toThrow(/not CSV.*line 3/);
  });
});

describe("of JSON", () => {
  it("objects are sections, lists of objects blocks, and deeper values have their path", async () => {
    const value = {
      title: "Handbook",
      open: true,
      none: null,
      holidays: { days: 30, months: ["June", "July"], rules: { ask: "first\nalways" } },
      people: [{ name: "Anna", address: { city: "Berlin", lines: [[1], 2] } }, { name: "Bert" }],
    };
    const { text, title } = await parse(JSON.stringify(value), "application/json");
    expect(title).toBe("Handbook");
    expect(text).toBe(
      [
        "title: Handbook\nopen: true",
        "# holidays\n\ndays: 30\nmonths: June, July",
        "## rules\n\nask: first always",
        "# people\n\nname: Anna\naddress.city: Berlin\naddress.lines.1: 1\naddress.lines.2: 2",
        "name: Bert",
      ].join("\n\n"),
    );
    expect(splitPassages(text).map(({ heading }) => heading)).toContain("holidays › rules");
  });

  it("a list or a value alone is the text", () => {
    expect(json([1, "two"])).toBe("1\n\ntwo");
    expect(json("only this")).toBe("only this");
    expect(() => json({ a: null, b: [] })).toThrow("has no text");
  });

  it("Lines, each is a block, and the one that isn't JSON is told", async () => {
    expect((await parse('{"a":1}\n\n{"a":{"b":2}}\n', "application/x-ndjson")).text).toBe(
      "a: 1\n\na.b: 2",
    );
    await expect(parse('{"a":1}\nnot', "application/jsonl")).rejects.toMatchObject({
      code: "INVALID_DOCUMENT",
      message: "Line 2 is not JSON",
    });
  });

  it("of many records is read whole", async () => {
    const items = Array.from({ length: 30_000 }, (_, i) => ({ id: i, name: `Name ${i}` }));
    const { text } = await parse(JSON.stringify({ items }), "application/json");
    expect(text).toMatch(/^# items\n\nid: 0\nname: Name 0\n\nid: 1\n/);
    expect(text).toMatch(/\n\nid: 29999\nname: Name 29999$/);
  });

  it("that is broken is told", () => {
    expect(() => readJson(toInput("{"))).toThrow("The document is not JSON");
  });
});

describe("of plain text and Markdown", () => {
  it("every character is kept but the byte order mark", async () => {
    const text = "  # A\r\n\r\n\tb  \n\n";
    for (const type of ["text/plain", "text/markdown; charset=utf-8", "text/x-markdown"]) {
      expect(await parse(`\ufeff${text}`, type)).toMatchObject({
        text,
        title: undefined,
        language: undefined,
        pages: [],
      });
    }
  });

  it("another charset is read where it is said", async () => {
    const bytes = new Uint8Array(Buffer.from("Größe", "latin1"));
    expect((await parse(bytes, "text/plain; charset=iso-8859-1")).text).toBe("Größe");
  });
});
