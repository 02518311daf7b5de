/** Scrolls a part of a strip into view; `scrollIntoView` would scroll the page as well. */
export function scrollSideways(
  strip: HTMLElement | null,
  part: HTMLElement | null,
) {
  if (!strip || !part) return;
  const room = strip.getBoundingClientRect();
  const { left, right } = part.getBoundingClientRect();
  if (left < room.left) strip.scrollLeft -= room.left - left;
  else if (right > room.right) strip.scrollLeft += right - room.right;
}
