// Ctrl-K, Command-K or "/" opens Find over the page: the same form, and what `/find` answers to it.
const find = document.querySelector("[data-find]");
// Made when it is first opened: until then each field of a page stands in it once.
let openDialog = null;
document.addEventListener("keydown", (event) => {
  if (!find || event.altKey) return;
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const chord = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
  const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !typing;
  if (!chord && !slash) return;
  event.preventDefault();
  if (window.HTMLDialogElement) {
    openDialog ??= buildDialog(find.form);
    openDialog();
  } else {
    find.focus();
    find.select();
  }
});

// Makes the dialog, and answers what opens it.
function buildDialog(original) {
  // A pause in typing before the server is asked, in milliseconds: short enough to feel at once.
  const pause = 120;
  const dialog = document.createElement("dialog");
  dialog.className = "find-dialog";
  dialog.setAttribute("aria-label", "Find");
  const form = original.cloneNode(true);
  form.className = "find-dialog-form";
  const input = form.querySelector("input");
  form.querySelector("kbd").textContent = "Esc";
  const hits = document.createElement("div");
  hits.className = "find-dialog-hits";
  hits.setAttribute("aria-live", "polite");
  const foot = document.createElement("p");
  foot.className = "find-dialog-foot";
  for (const [key, words] of [["↑", ""], ["↓", "move"], ["↵", "open"]]) {
    const cap = document.createElement("kbd");
    cap.textContent = key;
    foot.append(cap, words ? ` ${words} ` : " ");
  }
  foot.append("Try a serial number, a task number or an address");
  dialog.append(form, hits, foot);
  document.body.append(dialog);

  const links = () => [...hits.querySelectorAll("a.hit")];
  let timer = 0;
  let asked = null;

  const show = (...nodes) => {
    hits.replaceChildren(...nodes);
    // Ids stand once in a page, and this one may have them too.
    for (const node of hits.querySelectorAll("[id]")) node.removeAttribute("id");
    for (const node of hits.querySelectorAll("[aria-labelledby]")) node.removeAttribute("aria-labelledby");
    links()[0]?.classList.add("is-next");
  };
  const ask = async () => {
    asked?.abort();
    const q = input.value.trim();
    if (!q) return show();
    asked = new AbortController();
    try {
      const answer = await fetch("/find?q=" + encodeURIComponent(q), { signal: asked.signal });
      const address = new URL(answer.url);
      if (address.pathname.startsWith("/sign-in")) return location.assign(answer.url);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.querySelector("[data-found]");
      if (found) return show(...found.children);
      // One exact hit: the server led straight to its page.
      const link = document.createElement("a");
      link.className = "hit hit-exact";
      link.href = address.pathname + address.search;
      link.append(page.querySelector("h1")?.textContent.trim() || link.href);
      show(link);
    } catch (error) {
      if (error.name !== "AbortError") show("The server does not answer. Enter opens Find as a page.");
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, pause);
  });
  form.addEventListener("submit", (event) => {
    const first = links()[0];
    if (!first || !dialog.open) return;
    event.preventDefault();
    first.click();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const places = [input, ...links()];
    const at = places.indexOf(document.activeElement);
    // The first hit is what Enter opens from the input already, so that one step down leads to the second.
    const skip = at === 0 && event.key === "ArrowDown" && places.length > 2 ? 2 : 1;
    const to = event.key === "ArrowDown" ? at + skip : at - 1;
    places[Math.min(Math.max(to, 0), places.length - 1)].focus();
  });
  // A click beside the dialog closes it.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return () => {
    if (dialog.open) return;
    dialog.showModal();
    input.focus();
    input.select();
  };
}
