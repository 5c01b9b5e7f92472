/**
 * Draws. Where the control that had the focus is gone afterwards, as a button that became a progress bar, the heading of
 * its section takes the focus: the keyboard and the screen reader stay where they were.
 */
export function drawKeepingFocus(draw: () => void): void {
  const section = document.activeElement?.closest('section');
  draw();
  if (!section?.isConnected || document.activeElement !== document.body) return;
  const heading = section.querySelector('h2');
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}
