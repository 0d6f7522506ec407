// Copying; where the clipboard is closed (file:// pages), the text is selected instead.
const words = document.body.dataset;
for (const button of all("[data-copy]")) {
  const label = button.textContent;
  const say = (text) => { button.textContent = text; setTimeout(() => { button.textContent = label; }, 1800); };
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    const selection = getSelection();
    selection.selectAllChildren(source);
    try {
      await navigator.clipboard.writeText(source.textContent);
      say(words.copied);
    } catch {
      say(document.execCommand("copy") ? words.copied : words.select);
    }
  });
}
