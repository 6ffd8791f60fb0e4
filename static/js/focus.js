// The list of errors takes the focus when a form comes back.
document.querySelector("[data-takes-focus]")?.focus();
