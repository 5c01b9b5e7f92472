/** What the tests of copies share: two ends over real clients, and one call that plans and copies. */
import type { CopyProgress } from '../../../../src/core/operations/copy/CopyMeter.ts';
import { copyTags, planCopy } from '../../../../src/core/operations/copy/copyTags.ts';
import type {
  CopyRequest,
  CopyResult,
  CopyTagsOptions,
} from '../../../../src/core/operations/copy/copyTags.ts';
import type { ImageSink, ImageSource } from '../../../../src/core/operations/copy/ImageStore.ts';
import { KnownBlobs } from '../../../../src/core/operations/copy/KnownBlobs.ts';
import { RegistryImages } from '../../../../src/core/operations/copy/RegistryImages.ts';
import type { Journal } from '../../../../src/core/operations/Journal.ts';
import type { RegistryClient } from '../../../../src/core/registry/RegistryClient.ts';
import { neverCancelled } from '../operationsFixture.ts';

export const SOURCE_REPOSITORY = 'team/source';
export const TARGET_REPOSITORY = 'team/target';

/** A repository as one end of a copy. Retries pause 1 ms. */
export function imagesOf(client: RegistryClient, repository: string): RegistryImages {
  return new RegistryImages(client, repository, 1);
}

export type CopyCall = CopyRequest &
  Partial<Pick<CopyTagsOptions, 'referrers' | 'signal' | 'stage' | 'knownBlobs'>> & {
    readonly onProgress?: (progress: CopyProgress) => void;
  };

export async function copy(
  source: ImageSource,
  sink: ImageSink,
  journal: Journal,
  call: CopyCall,
): Promise<CopyResult> {
  const signal = call.signal ?? neverCancelled();
  const plan = await planCopy(source, sink, call, signal);
  return copyTags(source, sink, plan, call, {
    journal,
    target: { connectionId: 'target', registry: 'target', repository: TARGET_REPOSITORY },
    from: { connectionId: 'source', registry: 'source', repository: SOURCE_REPOSITORY },
    referrers: call.referrers ?? true,
    signal,
    knownBlobs: call.knownBlobs ?? new KnownBlobs(),
    ...(call.stage !== undefined && { stage: call.stage }),
    ...(call.onProgress && { onProgress: call.onProgress }),
  });
}
