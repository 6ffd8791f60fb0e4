// Small helps for the enrollment portal. Every page works without this file.
"use strict";

// The code of the link travels behind the "#", which no server log sees. It moves into the form's field.
const field = document.querySelector("input[name=code][data-from-fragment]");
const fragment = location.hash.slice(1);
if (field && fragment) {
  try {
    field.value = decodeURIComponent(fragment);
  } catch {
    field.value = fragment;
  }
  history.replaceState(null, "", location.pathname + location.search);
}

// Copy button of the setup key.
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

// The list of errors takes the focus when a form comes back.
document.querySelector("[data-takes-focus]")?.focus();
