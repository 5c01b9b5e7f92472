/** Tells a screen reader what has happened, and nobody else. Made once a page. */
export function createLiveRegion(): (text: string) => void {
  const region = document.createElement('div');
  region.className = 'visually-hidden';
  region.setAttribute('role', 'status');
  document.body.append(region);
  return (text) => {
    region.textContent = '';
    // A screen reader speaks only of a change.
    requestAnimationFrame(() => (region.textContent = text));
  };
}
