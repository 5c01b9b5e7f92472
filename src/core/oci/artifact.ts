/** What kind of thing a tag points at, for icons and menus. */
export type ArtifactKind = 'image' | 'index' | 'helm' | 'artifact' | 'legacy';
