// Controls whose name lacks the words on them, and fields whose edge cannot be seen. After contrast.js; the last line is the
// answer.
const found = [];
const words = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
for (const control of document.querySelectorAll("a[aria-label], button[aria-label], summary[aria-label]")) {
  if (!control.checkVisibility()) continue;
  const read = words(control.innerText);
  if (!words(control.getAttribute("aria-label")).includes(read)) found.push(`“${control.innerText}” is called “${control.getAttribute("aria-label")}”`);
}
for (const field of document.querySelectorAll(".input, .select, .tick")) {
  if (!field.checkVisibility() || field.disabled) continue;
  const style = getComputedStyle(field);
  const around = behind(field.parentElement);
  const edge = Math.max(contrast(rgba(style.borderTopColor), around), contrast(rgba(style.backgroundColor), around));
  if (edge < LEAST_CONTRAST) found.push(`${field.name} ${field.className} has an edge of contrast ${edge.toFixed(2)}`);
}
return found;
