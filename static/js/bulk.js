// Tick-all box, row highlight, and the live count in the bulk bar. The page is drawn once this has run (blocking="render"):
// what it hides is never seen, and nothing is drawn twice.
for (const form of document.querySelectorAll("form")) {
  const rows = [...form.querySelectorAll('tbody .cell-tick > [type="checkbox"][name]')];
  if (rows.length === 0) continue;
  const all = form.querySelector("input[data-tick-all]");
  const bar = form.querySelector("[data-bulk]");
  const count = form.querySelector("[data-bulk-count]");
  let last = null;

  const show = () => {
    const ticked = rows.filter((box) => box.checked).length;
    for (const box of rows) box.closest("tr").classList.toggle("is-selected", box.checked);
    if (all) {
      all.checked = ticked === rows.length;
      all.indeterminate = ticked > 0 && ticked < rows.length;
    }
    // Those that are ticked on other pages count too.
    const sum = ticked + form.querySelectorAll("[data-elsewhere]").length;
    if (count) {
      const words = sum + " " + (sum === 1 ? count.dataset.one : count.dataset.many);
      if (count.textContent !== words) count.textContent = words;
    }
    if (bar) bar.hidden = sum === 0;
    form.dispatchEvent(new Event("ticks"));
  };

  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => {
      for (const box of rows) box.checked = all.checked;
      show();
    });
  }
  for (const box of rows) {
    box.addEventListener("click", (event) => {
      // Shift-click ticks the rows between.
      if (event.shiftKey && last && last !== box) {
        const [from, to] = [rows.indexOf(last), rows.indexOf(box)].sort((a, b) => a - b);
        for (const other of rows.slice(from, to + 1)) other.checked = box.checked;
      }
      last = box;
      show();
    });
  }
  form.addEventListener("reticked", show);
  // "Clear" is a reset button; it unticks what the server had ticked as well.
  form.addEventListener("reset", () => {
    setTimeout(() => {
      for (const box of rows) box.checked = false;
      show();
    });
  });
  show();
  // Coming back to the page, the browser restores the ticks.
  window.addEventListener("pageshow", show);
}
