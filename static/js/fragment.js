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
