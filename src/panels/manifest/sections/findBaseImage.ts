/**
 * The base image of what a panel shows: as annotated, by provenance, by its layers among the images seen lately, or
 * guessed from the history; and whether its tag has moved on, where a connection reaches its registry.
 */
import { findBaseHint, type BaseImageHint } from '../../../core/image/baseImage.ts';
import type { ImageView } from '../../../core/image/ImageView.ts';
import type { Logger } from '../../../core/common/Logger.ts';
import { isDigest, type Digest } from '../../../core/oci/digest.ts';
import { DEFAULT_TAG, familiarReference, tryParseReference } from '../../../core/oci/reference.ts';
import { baseMaterialOf } from '../../../core/trust/baseMaterial.ts';
import { checkBase } from '../../../core/trust/checkBase.ts';
import { readProvenance } from '../../../core/trust/provenance.ts';
import type { BaseImageView } from '../../../core/trust/SupplyChainView.ts';
import type { RegistrySessions } from '../../../platform/RegistrySessions.ts';
import type { Attached } from './readAttached.ts';

type Found = Omit<BaseImageHint, 'by'> & { readonly by: BaseImageView['by'] };

/** Undefined where nothing tells of a base. A registry that cannot be asked leaves the state unknown. */
export async function findBaseImage(
  sessions: RegistrySessions,
  view: ImageView,
  attached: () => Promise<Attached>,
  logger: Logger,
  signal: AbortSignal,
): Promise<BaseImageView | undefined> {
  const { selected } = view;
  if (!selected?.runtime) return undefined;
  const layers = selected.steps.flatMap(({ layer }) => layer?.digest ?? []).filter(isDigest);
  const hint = findBaseHint({
    annotations: [...selected.annotations, ...view.annotations],
    labels: selected.runtime.labels,
    history: selected.steps.map(({ createdBy }) => createdBy ?? ''),
  });
  const found: Found | undefined =
    (hint?.by !== 'history' ? hint : undefined) ??
    fromProvenance(await attached()) ??
    (await fromLayers(sessions, layers, view.digest)) ??
    hint;
  if (!found) return undefined;
  const reference = tryParseReference(found.reference);
  const described = {
    reference: reference ? familiarReference(reference) : found.reference,
    by: found.by,
    ...(found.digest !== undefined && { digest: found.digest }),
  };
  const place = reference && sessions.find(reference.host, reference.repository)[0];
  if (!reference || !place) return { ...described, state: 'notConnected' };
  const { connectionId, repository } = place;
  const tag = reference.tag ?? (reference.digest ? undefined : DEFAULT_TAG);
  const open = { connectionId, repository, reference: tag ?? reference.digest ?? '' };
  if (tag === undefined) return { ...described, state: 'unknown', open };
  try {
    const { client, provider } = await sessions.open(connectionId);
    const facts = {
      layers,
      mayRead: provider.kind !== 'dockerHub',
      ...(found.digest !== undefined && { digest: found.digest }),
      ...(selected.platform !== undefined && { platform: selected.platform }),
    };
    const { state } = await checkBase(client, repository, tag, facts, signal);
    return { ...described, state, open };
  } catch (error) {
    if (signal.aborted) throw error;
    logger.debug(`base image ${found.reference}: ${String(error)}`);
    return { ...described, state: 'unknown', open };
  }
}

function fromProvenance({ documents, decoded }: Attached): Found | undefined {
  for (const [id, document] of decoded) {
    if (!documents.some((each) => id.startsWith(each.attachment.descriptor.digest))) continue;
    const base = baseMaterialOf(readProvenance(document.statement?.predicate)?.materials ?? []);
    if (base) return { ...base, by: 'provenance' };
  }
  return undefined;
}

/**
 * Among the images of every open connection that were read lately: no request is sent.
 * @param own digest of what is shown
 */
async function fromLayers(
  sessions: RegistrySessions,
  layers: readonly Digest[],
  own: string,
): Promise<Found | undefined> {
  const candidates = (await sessions.opened()).flatMap(({ client, endpoint }) => {
    const seen = client.seen.findBase(layers, own);
    return seen ? [{ seen, host: endpoint.referenceHost }] : [];
  });
  const [best] = candidates.sort((a, b) => b.seen.layers.length - a.seen.layers.length);
  return (
    best && {
      reference: `${best.host}/${best.seen.repository}:${best.seen.tag.name}`,
      digest: best.seen.tag.digest,
      by: 'layers',
    }
  );
}
