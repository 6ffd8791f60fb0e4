// Copy buttons: shown only where copying can work.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  const said = button.getAttribute("aria-label");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.setAttribute("aria-label", "Copied");
      button.classList.add("tone-done");
    } catch {
      button.setAttribute("aria-label", "Could not copy");
    }
    setTimeout(() => {
      button.setAttribute("aria-label", said);
      button.classList.remove("tone-done");
    }, 2000);
  });
}
