// Beside the live page: tells the test every new line that it shows, and presses the buttons that the test wants pressed.

const told = new Set();
function look() {
  for (const line of document.querySelectorAll("#state, #message p")) {
    const text = line.textContent.trim();
    if (!text || told.has(text)) continue;
    told.add(text);
    fetch("/told", { method: "POST", body: text });
  }
}
new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
look();

for (;;) {
  const wanted = await (await fetch("/next")).json();
  [...document.querySelectorAll("button")].find((button) => button.textContent === wanted).click();
}
