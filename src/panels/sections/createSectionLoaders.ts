/** What the sections of a manifest panel are read with; each is loaded when a panel first shows it. */
import type { Logger } from '../../core/common/Logger.ts';
import type { ImageView } from '../../core/image/ImageView.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import type { Verifications } from '../../platform/Verifications.ts';
import type { SectionLoaders } from '../ManifestPanelSession.ts';
import type { ManifestRequest } from '../manifestPanelProtocol.ts';
import type { Attached } from './readAttached.ts';

export function createSectionLoaders(
  sessions: RegistrySessions,
  verifications: Verifications,
  logger: Logger,
): SectionLoaders {
  /** Two sections need what is attached; it is read once a view. */
  const attachedOf = new WeakMap<ImageView, Promise<Attached>>();

  function attached(
    { connectionId, repository }: ManifestRequest,
    view: ImageView,
    signal: AbortSignal,
  ): Promise<Attached> {
    const known = attachedOf.get(view);
    if (known) return known;
    const reading = (async () => {
      const { readAttached } = await import('./readAttached.ts');
      const { client } = await sessions.open(connectionId);
      return readAttached(client, repository, view, signal);
    })();
    attachedOf.set(view, reading);
    reading.catch(() => attachedOf.delete(view));
    return reading;
  }

  return {
    attached: async (request, view, signal) => {
      const { toAttachedView } = await import('./toAttachedView.ts');
      return toAttachedView(await attached(request, view, signal), view, request, verifications);
    },
    baseImage: async (request, view, signal) => {
      const { findBaseImage } = await import('./findBaseImage.ts');
      const base = await findBaseImage(sessions, view, () => attached(request, view, signal), logger, signal);
      return base ?? null;
    },
    sizeTrend: async ({ connectionId, repository, reference }, view, signal) => {
      const { readSizeTrend } = await import('../../core/trust/readSizeTrend.ts');
      const { provider } = await sessions.open(connectionId);
      return readSizeTrend(provider, repository, { digest: view.digest, reference }, signal);
    },
  };
}
