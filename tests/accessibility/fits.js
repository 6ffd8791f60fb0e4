// What does not fit its page, or not what holds it. The last line is the answer.
const found = [];
const root = document.documentElement;
if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} wide in ${root.clientWidth}`);
const cuts = (how) => how === "hidden" || how === "clip";
const scrolls = (how) => how === "auto" || how === "scroll";
for (const element of document.body.querySelectorAll("*")) {
  const words = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (!words || !element.checkVisibility() || element.closest("svg")) continue;
  const range = document.createRange();
  range.selectNodeContents(element);
  const text = range.getBoundingClientRect();
  // Every box around it that cuts off what does not fit, up to one that can be scrolled to it.
  let [across, down] = [true, true];
  for (let holder = element; holder && holder !== document.body; holder = holder.parentElement) {
    const style = getComputedStyle(holder);
    // Hidden on purpose, to be read aloud.
    if (style.clipPath === "inset(50%)") break;
    const box = holder.getBoundingClientRect();
    across &&= !scrolls(style.overflowX);
    down &&= !scrolls(style.overflowY);
    const wide = across && cuts(style.overflowX) && (text.right > box.right + 1 || text.left < box.left - 1);
    const high = down && cuts(style.overflowY) && (text.bottom > box.bottom + 1 || text.top < box.top - 1);
    if (wide || high) found.push(`“${element.textContent.trim().slice(0, 40)}” is cut off by ${holder.localName}.${holder.className}`);
  }
}
return found;
