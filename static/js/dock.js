// Edit of a task: each button says for how many of the ticked users it is, the date says how far it moves them, and
// another page or view of the list keeps the ticks.
const boxes = document.querySelector("form[data-boxes]");
if (boxes?.querySelector("[data-dock]")) {
  const dock = boxes.querySelector("[data-dock]");
  const all = "all" in dock.dataset;
  dock.classList.add("is-live");
  const said = dock.querySelector("[data-dock-count]");
  const date = dock.querySelector("input[type=date]");
  const ticked = () => [...boxes.querySelectorAll('tbody [type="checkbox"][name]:checked, [data-elsewhere]')];
  const day = (text) => Date.parse(text + "T00:00:00Z") / 86400000;
  const signed = (days) => (days < 0 ? "−" : "+") + Math.abs(days);

  // What is written anew is drawn anew.
  const say = (node, words) => {
    if (node.textContent !== words) node.textContent = words;
  };

  const count = () => {
    const users = ticked();
    const elsewhere = boxes.querySelectorAll("[data-elsewhere]").length;
    dock.classList.toggle("is-idle", users.length === 0 && !dock.classList.contains("is-wrong"));
    for (const button of dock.querySelectorAll("[data-act]")) {
      const act = button.dataset.act;
      const able = act === "all" ? users.length : users.filter((box) => box.dataset.can === act).length;
      button.disabled = able === 0;
      const words = button.querySelector("[data-words]");
      const counted = able === 1 && words.dataset.one ? words.dataset.one : words.dataset.words.replace("#", able);
      say(words, users.length ? counted : words.dataset.words.replace(/ (for |to )?#/, ""));
    }
    const matching = Number(said.dataset.matching);
    const words = users.length > matching ? `${users.length} selected` : `${users.length} of ${matching} selected`;
    say(said, users.length ? words + (elsewhere ? `, ${elsewhere} of them on other pages` : "") : "Select users to change");
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
    say(moved, !known ? "" : least === 0 && most === 0 ? "no change" : `${span} ${Math.abs(most) === 1 && least === most ? "day" : "days"}`);
    moved.classList.toggle("is-less", known && least < 0);
    const far = to - day(dock.dataset.today);
    const near = { "-1": "yesterday", 0: "today", 1: "tomorrow" };
    const weekday = Number.isNaN(to) ? "" : new Date(to * 86400000).toLocaleDateString("en", { weekday: "short", timeZone: "UTC" });
    say(dock.querySelector("[data-far]"), weekday && `${weekday}, ${near[far] ?? (far > 0 ? `in ${far} days` : `${-far} days ago`)}`);
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
  show();
  window.addEventListener("pageshow", show);
  const rows = [...boxes.querySelectorAll('tbody [type="checkbox"][name]')];
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
