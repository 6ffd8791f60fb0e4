// The keys of /shortcuts. None of them changes anything; the page turns them off.
if ("keys" in document.body.dataset) {
  // How long "g" waits for the letter after it, in milliseconds.
  const patience = 1500;
  let waitingSince = -patience;

  const rows = () => [...document.querySelectorAll("main tbody tr")].filter((row) => row.querySelector("a, input"));
  const rowOf = (element) => element?.closest("main tbody tr");
  const step = (by) => {
    const all = rows();
    if (all.length === 0) return;
    const at = all.indexOf(rowOf(document.activeElement));
    const to = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    all[to].querySelector("th a, td a, input:not(:disabled)")?.focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target;
    if (target.closest("select, textarea, [contenteditable], dialog") || (target.matches("input") && target.type !== "checkbox")) return;
    const key = event.key;
    if (event.timeStamp - waitingSince < patience) {
      waitingSince = -patience;
      // Only what the navigation offers can be gone to.
      const link = [...document.querySelectorAll(".sidebar [data-go]")].find((place) => place.dataset.go === key);
      if (link) {
        event.preventDefault();
        link.click();
      }
      return;
    }
    const row = rowOf(document.activeElement);
    const act = {
      g: () => { waitingSince = event.timeStamp; },
      j: () => step(1),
      k: () => step(-1),
      x: () => row?.querySelector('.cell-tick > [type="checkbox"][name]')?.click(),
      e: () => row?.querySelector('a[aria-label^="Edit"]')?.click(),
      "?": () => document.querySelector(".topbar-keys")?.click(),
    }[key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
}
