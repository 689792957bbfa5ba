import { expect, test, vi } from "vitest";
import { mountChat } from "./support/chat-page.ts";
import {
  chunk,
  complete,
  failure,
  processing,
  rateLimit,
  refusal,
  restOf,
  source,
  start,
  turnOf,
} from "./support/frames.ts";

const text =
  "A **tenant** is a client [1].\n\n- One schema\n- One [set of documents](https://a.example)\n";
const html = async () => {
  const { greet, ask, find, rendered } = await mountChat();
  await greet();
  (await ask()).push(...turnOf(text, text.length));
  await rendered();
  return find(".prose").innerHTML;
};

test("an empty chat greets and offers questions, and one click asks one", async () => {
  const { server, greet, find, findAll, rendered } = await mountChat({
    greeting: "Good morning",
    suggestions: "One? | Two? |",
  });
  const socket = await greet();
  expect(find(".greeting").textContent).toBe("Good morning");
  expect(findAll(".suggestion").map((button) => button.textContent.trim())).toEqual([
    "One?",
    "Two?",
  ]);
  findAll(".suggestion")[1]?.click();
  await rendered();
  expect(socket.questions).toMatchObject([{ message: "Two?" }]);
  expect(findAll(".welcome")).toEqual([]);
  expect(find(".bubble").textContent).toBe("Two?");
  expect(server.sockets).toHaveLength(1);
});

test("a question is answered piece by piece, with its sources", async () => {
  const { greet, ask, find, findAll, rendered } = await mountChat();
  await greet();
  const socket = await ask();
  expect(findAll(".thinking")).toHaveLength(1);
  socket.push(start(), chunk("A **ten", 0));
  await rendered();
  expect(find(".prose").innerHTML).toBe("<p>A <strong>te</strong></p>");
  expect(findAll(".thinking")).toEqual([]);

  socket.push(
    chunk("ant** is", 7),
    chunk(" this [1].", 15),
    complete({ sources: [source(1), source(2)] }),
  );
  await rendered();
  expect(find(".prose").textContent).toBe("A tenant is this 1.");
  const [first] = findAll(".source");
  expect(findAll(".source")).toHaveLength(2);
  expect(first?.querySelector("blockquote")?.textContent).toBe("The words of source 1.");
  expect(first?.querySelector("a")?.getAttribute("rel")).toBe("noopener noreferrer");
});

test("a citation opens its source and takes the reader there", async () => {
  const { chat, greet, ask, find, findAll, rendered } = await mountChat({ open: "" });
  await greet();
  const socket = await ask();
  const answer = "So it is [2].";
  socket.push(start(), chunk(answer, 0), complete({ sources: [source(1), source(2)] }));
  await rendered();
  find(".citation").click();
  const [first, second] = findAll(".source");
  expect(first?.hasAttribute("open")).toBe(false);
  expect(second?.hasAttribute("open")).toBe(true);
  expect(chat.shadowRoot?.activeElement).toBe(second?.querySelector("summary"));
});

test.each([
  ["Guide", "Guide"],
  ["Guide › Start", "Guide Start"],
  ["Part › Start", "Guide Part › Start"],
  ["", "Guide"],
])("a source below %j is called %j", async (heading, shown) => {
  const { greet, ask, textOf, rendered } = await mountChat();
  await greet();
  const sources = [source(1, { title: "Guide", heading })];
  (await ask()).push(start(), chunk("Yes [1].", 0), complete({ sources }));
  await rendered();
  expect(textOf(".source-title")).toBe(shown);
});

test.each([
  [true, 3, "✓ Quoted words checked", "Chapter › Section · Page 3"],
  [false, null, "Quoted words not found in the source", "Chapter › Section"],
  [null, null, "", "Chapter › Section"],
])("a source of which verified is %j, on page %j", async (verified, page, check, place) => {
  const { greet, ask, findAll, textOf, rendered } = await mountChat();
  await greet();
  const sources = [source(1, { verified, page })];
  (await ask()).push(start(), chunk("Yes [1].", 0), complete({ sources }));
  await rendered();
  expect(
    findAll(".source-check")
      .map((one) => one.textContent)
      .join(),
  ).toBe(check);
  expect(textOf(".source-place")).toBe(place);
});

test.each([
  ["javascript:alert(1)", 0],
  ["/relative", 0],
  [null, 0],
  ["https://docs.example/1", 1],
])("a source at %j has %i links", async (url, links) => {
  const { greet, ask, findAll, rendered } = await mountChat();
  await greet();
  (await ask()).push(start(), chunk("Yes [1].", 0), complete({ sources: [source(1, { url })] }));
  await rendered();
  expect(findAll(".source a")).toHaveLength(links);
});

const size = 9;
const frames = turnOf(text, size);
test.each(frames.map((_, index) => index))(
  "a connection that drops after frame %i changes nothing of what is shown in the end",
  async (index) => {
    const whole = await html();
    const { server, greet, ask, find, findAll, rendered } = await mountChat({
      "reconnect-interval": "0",
    });
    await greet();
    const socket = await ask();
    socket.push(...frames.slice(0, index));
    const again = server.next();
    socket.drop();
    await again;
    const resumed = await greet();
    resumed.push(...restOf(text, resumed.resumes[0]?.cursor));
    await rendered();
    expect(find(".prose").innerHTML).toBe(whole);
    expect(findAll(".answer")).toHaveLength(1);
  },
);

test("a further attempt takes the place of the one before", async () => {
  const { greet, ask, find, rendered } = await mountChat();
  await greet();
  const socket = await ask();
  socket.push(start(), chunk("The *first* half", 0));
  await rendered();
  socket.push(start(2));
  await rendered();
  // No empty bubble between them.
  expect(find(".prose").textContent).toMatch(/^The first/);
  socket.push(chunk("A second, longer than", 0, 2));
  await rendered();
  expect(find(".prose").textContent).toMatch(/^A second/);
  socket.push(start(3), chunk("Second", 0, 3), complete({ attempt: 3, cursor: "3-end" }));
  await rendered();
  expect(find(".prose").innerHTML).toBe("<p>Second</p>");
});

test("stop cancels the answer and says so", async () => {
  const { greet, ask, find, findAll, rendered } = await mountChat();
  await greet();
  const socket = await ask();
  socket.push(start(), chunk("A ten", 0));
  await rendered();
  find(".stop").click();
  await rendered();
  expect(socket.cancels).toEqual([{ message_id: "answer-1" }]);
  expect(find<HTMLButtonElement>(".stop").disabled).toBe(true);
  socket.push(complete({ finish_reason: "cancelled" }));
  await rendered();
  expect(find(".note").textContent).toBe("You stopped this answer.");
  expect(findAll(".stop")).toEqual([]);
});

test("a question that was stopped before it went out returns to the composer", async () => {
  const { chat, find, rendered } = await mountChat();
  chat.ask("What?");
  await rendered();
  expect(find(".note").textContent).toContain("Not sent yet");
  find(".stop").click();
  await rendered();
  expect(find<HTMLTextAreaElement>("textarea").value).toBe("What?");
});

test("a failed answer keeps its text and can be asked again", async () => {
  const { greet, ask, find, findAll, rendered } = await mountChat();
  await greet();
  const socket = await ask();
  socket.push(start(), chunk("A ten", 0), failure());
  await rendered();
  expect(find(".failure p").textContent).toBe("The model stopped answering");
  expect(find(".prose").textContent).toBe("A ten");
  find(".failure button").click();
  await rendered();
  expect(findAll(".answer")).toEqual([]);
  const [first, second] = socket.questions;
  expect(second?.message).toBe(first?.message);
  expect(second?.client_message_id).not.toBe(first?.client_message_id);
  socket.push(
    processing(second?.client_message_id, { message_id: "answer-2" }),
    start(1, "answer-2"),
  );
  socket.push(chunk("Whole", 0, 1, "answer-2"), complete({ message_id: "answer-2" }));
  await rendered();
  expect(findAll(".prose").map((prose) => prose.textContent)).toEqual(["Whole"]);
});

test("a question that came too often can be retried when the time has passed", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  try {
    const { chat, greet, find, rendered } = await mountChat();
    const socket = await greet();
    chat.ask("What?");
    socket.push(rateLimit(12, { client_message_id: socket.questions[0]?.client_message_id ?? "" }));
    await rendered();
    const button = () => {
      const { disabled, textContent } = find<HTMLButtonElement>(".failure button");
      return [disabled, textContent.trim()];
    };
    for (let left = 12; left > 0; left -= 1) {
      expect(button()).toEqual([true, `Try again in ${left} s`]);
      vi.advanceTimersByTime(1000);
      await rendered();
    }
    expect(button()).toEqual([false, "Try again"]);
  } finally {
    vi.useRealTimers();
  }
});

test("what the reader wrote is shown as it was written, never as Markdown or HTML", async () => {
  const { chat, greet, find, rendered } = await mountChat();
  await greet();
  chat.ask("<b>**x**</b>\n[1]");
  await rendered();
  expect(find(".bubble").textContent).toBe("<b>**x**</b>\n[1]");
  expect(find(".bubble").children).toHaveLength(0);
});

test("a server's words in an error are text", async () => {
  const { chat, greet, find, rendered } = await mountChat();
  const socket = await greet();
  chat.ask("What?");
  const cmid = socket.questions[0]?.client_message_id ?? "";
  socket.push(refusal("X", { message: "<img src=x onerror=alert(1)>", client_message_id: cmid }));
  await rendered();
  expect(find(".failure p").children).toHaveLength(0);
});
