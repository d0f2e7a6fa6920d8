// Light or dark: as the system has it, or as the reader chose. Charts take their colours from the style sheet.

const probe = el("span", { hidden: true });
document.body.append(probe);

// A colour of the style sheet as the theme of now has it.
function colour(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

function faint(name, share) {
  return colour(name).replace("rgb(", "rgba(").replace(")", `, ${share})`);
}

const THEMES = ["system", "light", "dark"];
const themeListeners = [];

function remembered() {
  try {
    return localStorage.getItem("gtpt_bench.theme") ?? "system";
  } catch {
    return "system"; // a browser may keep nothing for files
  }
}

function setTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("gtpt_bench.theme", theme);
  } catch {
    // chosen for this visit only
  }
  for (const listener of themeListeners) listener();
}

function themeButton() {
  let theme = remembered();
  const button = el("button", { type: "button", "aria-label": "Colours of the page: system, light or dark" });
  const shown = () => (button.textContent = { system: "◐ System", light: "○ Light", dark: "● Dark" }[theme]);
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    setTheme(theme);
    shown();
  });
  setTheme(theme);
  shown();
  return button;
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
  themeListeners.forEach((listener) => listener()),
);
