// The page around the chat: its theme, its questions, and code to copy. Plain JavaScript, served as it is.

const chat = document.querySelector("miptech-chat");
const root = document.documentElement;

function chooseTheme(theme) {
  root.dataset.theme = theme;
  chat.setAttribute("theme", theme);
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
}

function recallTheme() {
  const theme = localStorage.getItem("theme");
  return theme === "light" || theme === "dark" ? theme : "auto";
}

async function copyCode(button) {
  const code = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(code.textContent);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1600);
}

async function openChat(question) {
  await customElements.whenDefined("miptech-chat");
  chat.show();
  if (question) chat.ask(question);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { themeChoice, copy, ask } = button.dataset;
  if (themeChoice) {
    localStorage.setItem("theme", themeChoice);
    chooseTheme(themeChoice);
  }
  if (copy) void copyCode(button);
  if (ask || button.hasAttribute("data-open")) void openChat(ask);
});

chooseTheme(recallTheme());
