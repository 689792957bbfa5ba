import { median } from "./scenarios.ts";

/** Collects the figures of all rounds and tells their medians. */
export interface Results {
  add(figure: string, unit: string, subject: string, value: number): void;
  /** Microseconds of CPU of the subject's PostgreSQL. */
  addDatabase(figure: string, subject: string, value: number): void;
  /** KiB of JavaScript objects and buffers of an idle connection. */
  addHeap(subject: string, value: number): void;
  /** Markdown. */
  format(): string[];
}

interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly values: Map<string, number[]>;
}

/** @param subjects in the order of the columns; the first is what the others are compared with. */
export function createResults(subjects: readonly string[]): Results {
  const main: Figure[] = [];
  const beside: Figure[] = [];

  function put(list: Figure[], name: string, unit: string, subject: string, value: number): void {
    let figure = list.find((one) => one.name === name);
    if (!figure) list.push((figure = { name, unit, values: new Map() }));
    const known = figure.values.get(subject);
    if (known) known.push(value);
    else figure.values.set(subject, [value]);
  }

  const valueOf = ({ values }: Figure, subject: string) => median(values.get(subject) ?? []);

  function tabulate(
    title: string,
    figures: readonly Figure[],
    show: (figure: Figure, subject: string) => string,
  ): string[] {
    const head = [title, ...subjects];
    return [
      "",
      row(head),
      row(head.map((_, index) => (index === 0 ? "---" : "---:"))),
      ...figures.map((one) =>
        row([`${one.name}, ${one.unit}`, ...subjects.map((subject) => show(one, subject))]),
      ),
    ];
  }

  return {
    add: (name, unit, subject, value) => put(main, name, unit, subject, value),
    addDatabase: (name, subject, value) => put(beside, `PostgreSQL: ${name}`, "µs", subject, value),
    addHeap: (subject, value) =>
      put(beside, "objects and buffers of an idle connection", "KiB", subject, value),
    format() {
      const [base = ""] = subjects;
      const ratio = (figure: Figure, subject: string) =>
        round(valueOf(figure, subject) / valueOf(figure, base));
      const plain = (figure: Figure, subject: string) => round(valueOf(figure, subject));
      return [
        ...tabulate("times the bare relay", main, ratio).map((line) =>
          line.replace(/, (?:µs a \w+|ms|KiB)(?= \|)/, ""),
        ),
        ...tabulate("median", main, plain),
        ...tabulate("besides", beside, plain),
      ];
    },
  };
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function round(value: number): string {
  if (Number.isNaN(value)) return "–";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
