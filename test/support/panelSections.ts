/** Sections for panels of tests: nothing attached, no base, no sizes, unless a test says otherwise. */
import type { SectionLoaders } from '../../src/panels/manifest/ManifestPanelSession.ts';

export const NO_SECTIONS: SectionLoaders = {
  attached: async () => ({ documents: [], isIncomplete: false }),
  baseImage: async () => null,
  space: async () => ({ kind: 'noFiles' }),
  sizeTrend: async () => ({ points: [], isOverPlatforms: false }),
};
