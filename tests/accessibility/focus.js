// Where the focus is: what the element is called, and what is wrong with how it can be seen. After contrast.js; the last line
// is the answer.
const LEAST_WIDTH = 24; // pixels, as what is to be pressed
const LEAST_OUTLINE = 2; // pixels, as the design says
const element = document.activeElement;

const text = (node) => (node.innerText || node.textContent).replace(/\s+/g, " ").trim();
const named = () =>
  element.getAttribute("aria-label") || (element.labels?.length ? text(element.labels[0]) : "") || text(element) || element.name || element.localName;

const faults = () => {
  const style = getComputedStyle(element);
  const found = [];
  const width = parseFloat(style.outlineWidth);
  if (style.outlineStyle === "none" || width < LEAST_OUTLINE) found.push(`has an outline of ${style.outlineStyle} ${style.outlineWidth}`);
  const inside = parseFloat(style.outlineOffset) < 0;
  const ratio = contrast(rgba(style.outlineColor), behind(inside ? element : element.parentElement));
  if (ratio < LEAST_CONTRAST) found.push(`has an outline of contrast ${ratio.toFixed(1)}`);
  // An inline link may run over two lines: its first box counts.
  const box = [...element.getClientRects()].find((one) => one.width > 0 && one.height > 0);
  if (!box) return [...found, "is nowhere"];
  const fits = (from, to, most) => (from >= 0 && to <= most) || (to - from > most && from < most && to > 0);
  // In a row that is scrolled sideways a browser is content with a part of it.
  const shown = Math.min(box.right, innerWidth) - Math.max(box.left, 0);
  if (!fits(box.top, box.bottom, innerHeight) || shown < Math.min(box.width, LEAST_WIDTH)) {
    found.push(`is outside of the window (${[box.left, box.top, box.right, box.bottom].map(Math.round)} of ${innerWidth} x ${innerHeight})`);
  }
  const across = [0.5, 0.1, 0.9].map((share) => Math.min(Math.max(box.left + box.width * share, 0), innerWidth - 1));
  const middle = Math.min(Math.max(box.top + box.height / 2, 0), innerHeight - 1);
  const over = across.map((x) => document.elementFromPoint(x, middle));
  if (!over.some((one) => one && (element.contains(one) || [...(element.labels ?? [])].some((label) => label.contains(one))))) {
    found.push(`lies under ${over[0]?.localName}.${over[0]?.className}`);
  }
  return found;
};
const nowhere = !element || element === document.body || element === document.documentElement;
return nowhere ? { name: "", faults: "" } : { name: named(), faults: faults().join(", ") };
