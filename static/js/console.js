// Small helps for the console. Every page works without this file.
"use strict";

// Tick-all box, row highlight, and the live count in the bulk bar.
for (const form of document.querySelectorAll("form")) {
  const rows = [...form.querySelectorAll("input[data-tick]")];
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
      count.textContent = sum + " " + (sum === 1 ? count.dataset.one : count.dataset.many);
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
  // Coming back to the page, the browser restores the ticks.
  window.addEventListener("pageshow", show);
}

// Edit of a task: each button says for how many of the ticked users it is, the date says how far it moves them, and
// another page or view of the list keeps the ticks.
const boxes = document.querySelector("form[data-boxes]");
if (boxes?.querySelector("[data-dock]")) {
  const dock = boxes.querySelector("[data-dock]");
  const all = "all" in dock.dataset;
  dock.classList.add("is-live");
  const said = dock.querySelector("[data-dock-count]");
  const date = dock.querySelector("input[type=date]");
  const ticked = () => [...boxes.querySelectorAll("[data-tick]:checked, [data-elsewhere]")];
  const day = (text) => Date.parse(text + "T00:00:00Z") / 86400000;
  const signed = (days) => (days < 0 ? "−" : "+") + Math.abs(days);

  const count = () => {
    const users = ticked();
    const elsewhere = boxes.querySelectorAll("[data-elsewhere]").length;
    dock.classList.toggle("is-idle", users.length === 0 && !dock.classList.contains("is-wrong"));
    for (const button of dock.querySelectorAll("[data-act]")) {
      const act = button.dataset.act;
      const able = act === "all" ? users.length : users.filter((box) => box.dataset.can === act).length;
      button.disabled = able === 0;
      const words = button.querySelector("[data-words]");
      words.textContent = users.length ? words.dataset.words.replace("#", able) : words.dataset.words.replace(/ (for |to |\()?#\)?/, "");
    }
    const matching = Number(said.dataset.matching);
    const words = users.length > matching ? `${users.length} selected` : `${users.length} of ${matching} selected`;
    said.textContent = users.length ? words + (elsewhere ? `, ${elsewhere} of them on other pages` : "") : "Select users to change";
  };
  const move = () => {
    if (!date) return;
    const to = day(date.value);
    const shown = all ? [...boxes.querySelectorAll("input[data-stop]")] : ticked();
    const days = shown.map((box) => to - day(box.dataset.stop));
    const [least, most] = [Math.min(...days), Math.max(...days)];
    const moved = dock.querySelector("[data-days]");
    const known = days.length > 0 && !Number.isNaN(to);
    const span = least === most ? signed(most) : `${signed(least)} to ${signed(most)}`;
    moved.textContent = !known ? "" : least === 0 && most === 0 ? "no change" : `${span} ${Math.abs(most) === 1 && least === most ? "day" : "days"}`;
    moved.classList.toggle("is-less", known && least < 0);
    const far = to - day(dock.dataset.today);
    const near = { "-1": "yesterday", 0: "today", 1: "tomorrow" };
    const weekday = Number.isNaN(to) ? "" : new Date(to * 86400000).toLocaleDateString("en", { weekday: "short", timeZone: "UTC" });
    dock.querySelector("[data-far]").textContent = weekday && `${weekday}, ${near[far] ?? (far > 0 ? `in ${far} days` : `${-far} days ago`)}`;
  };
  const show = () => {
    if (!all) count();
    move();
  };
  const keep = (address) => {
    boxes.action = address;
    boxes.submit();
  };
  boxes.addEventListener("ticks", show);
  date?.addEventListener("input", move);
  window.addEventListener("pageshow", show);
  const rows = [...boxes.querySelectorAll("[data-tick]")];
  const tick = (on) => {
    for (const box of rows) box.checked = on;
    boxes.dispatchEvent(new Event("reticked"));
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("main a");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if ("clear" in link.dataset) {
      event.preventDefault();
      for (const box of boxes.querySelectorAll("[data-elsewhere]")) box.remove();
      tick(false);
    } else if ("whole" in link.dataset) {
      // All of them stand on this page: they are ticked one by one.
      if (rows.length !== Number(said?.dataset.matching)) return;
      event.preventDefault();
      tick(true);
    } else if (!link.getAttribute("href").startsWith("#") && link.pathname === boxes.dataset.boxes && !all && ticked().length > 0) {
      event.preventDefault();
      keep(link.href);
    }
  });
  document.querySelector("form[data-keeps]")?.addEventListener("submit", (event) => {
    if (all || ticked().length === 0) return;
    event.preventDefault();
    keep(boxes.dataset.boxes + "?" + new URLSearchParams(new FormData(event.target)));
  });
}

// Copy buttons: shown only where copying can work.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const said = button.getAttribute("aria-label");
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.setAttribute("aria-label", "Copied");
      button.classList.add("tone-done");
    } catch {
      button.setAttribute("aria-label", "Could not copy");
    }
    setTimeout(() => {
      if (said) button.setAttribute("aria-label", said);
      button.classList.remove("tone-done");
    }, 2000);
  });
}

// Ctrl-K, Command-K or "/" opens Find over the page: the same form, and what `/find` answers to it.
const find = document.querySelector("[data-find]");
const palette = find && window.HTMLDialogElement ? buildPalette(find.form) : null;
document.addEventListener("keydown", (event) => {
  if (!find || event.altKey) return;
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const chord = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
  const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !typing;
  if (!chord && !slash) return;
  event.preventDefault();
  if (palette) {
    palette();
  } else {
    find.focus();
    find.select();
  }
});

// Makes the dialog, and answers what opens it.
function buildPalette(original) {
  // A pause in typing before the server is asked, in milliseconds: short enough to feel at once.
  const pause = 120;
  const dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", "Find");
  const form = original.cloneNode(true);
  form.className = "palette-form";
  const input = form.querySelector("input");
  form.querySelector("kbd").textContent = "Esc";
  const hits = document.createElement("div");
  hits.className = "palette-hits";
  hits.setAttribute("aria-live", "polite");
  const foot = document.createElement("p");
  foot.className = "palette-foot";
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

// The list of errors takes the focus when a form comes back.
document.querySelector("[data-takes-focus]")?.focus();

// Escape closes an open menu and hands the focus back.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest("details[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

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
      x: () => row?.querySelector("input[data-tick]:not(:disabled)")?.click(),
      e: () => row?.querySelector('a[aria-label^="Edit"]')?.click(),
      "?": () => document.querySelector(".topbar-keys")?.click(),
    }[key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
}
