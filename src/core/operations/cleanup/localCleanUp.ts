/** Clean-up of the Docker engine's images: which go by what is said of them, and their removal one by one. */
import { isCoreError, type CoreError } from '../../common/CoreError.ts';
import type { Docker } from '../../docker/Docker.ts';
import type { LocalImage } from '../../docker/LocalImage.ts';
import { matchesGlob } from '../../oci/tagFilter.ts';
import { throwIfCancelled } from '../../registry/transport/cancellation.ts';

/** Everything said must be true of an image. */
export interface LocalImageRules {
  /** Only images that no name leads to. */
  readonly dangling?: boolean;
  readonly olderThanDays?: number;
  /** A glob over `repository:tag`. */
  readonly pattern?: string;
}

export interface LocalImageDecision {
  readonly image: LocalImage;
  /** What it is removed by: its reference, or its id where it has none. */
  readonly name: string;
  readonly action: 'keep' | 'delete';
  readonly reason: 'rule' | 'noRule' | 'used' | 'ageUnknown';
}

const DAY_MS = 24 * 3600 * 1000;

/** @param usedIds of images that containers are made of; they stay. */
export function decideLocalImages(
  images: readonly LocalImage[],
  usedIds: ReadonlySet<string>,
  rules: LocalImageRules,
  now: Date,
): LocalImageDecision[] {
  return images.map((image) => {
    const name = image.reference ?? image.id;
    const decided = (action: LocalImageDecision['action'], reason: LocalImageDecision['reason']) => ({
      image,
      name,
      action,
      reason,
    });
    if (rules.dangling === true && !image.dangling) return decided('keep', 'noRule');
    if (rules.pattern !== undefined && !matchesGlob(name, rules.pattern.replace(/\*+/g, '*'))) {
      return decided('keep', 'noRule');
    }
    if (rules.olderThanDays !== undefined) {
      if (!image.createdAt) return decided('keep', 'ageUnknown');
      const age = now.getTime() - image.createdAt.getTime();
      if (age <= rules.olderThanDays * DAY_MS) return decided('keep', 'noRule');
    }
    return usedIds.has(image.id) ? decided('keep', 'used') : decided('delete', 'rule');
  });
}

export interface LocalRemoval {
  readonly name: string;
  /** Undefined: it is gone. */
  readonly error?: CoreError;
}

export interface RemoveImagesOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (name: string, done: number) => void;
  readonly onOutput?: (text: string) => void;
}

/**
 * One by one and never by force: an image in use, or one that others are built on, stays and says why. What others
 * were built on is tried once more when those are gone.
 * @throws CoreError when the engine cannot be reached.
 */
export async function removeLocalImages(
  docker: Pick<Docker, 'remove'>,
  names: readonly string[],
  { signal, onProgress, onOutput }: RemoveImagesOptions,
): Promise<LocalRemoval[]> {
  const removals = new Map<string, LocalRemoval>();
  let open = names;
  for (;;) {
    const left: string[] = [];
    for (const name of open) {
      const removal = await removeOne(name);
      removals.set(name, removal);
      if (removal.error?.details.reason === 'imageHasChildren') left.push(name);
      onProgress?.(name, removals.size);
    }
    if (left.length === 0 || left.length === open.length) return names.map((name) => removals.get(name)!);
    open = left;
  }

  async function removeOne(name: string): Promise<LocalRemoval> {
    try {
      throwIfCancelled(signal);
      const { untagged, deleted } = await docker.remove([name], {}, signal);
      onOutput?.([...untagged, ...deleted].map((line) => `${line}\n`).join(''));
      return { name };
    } catch (error) {
      if (isCoreError(error, 'notFound')) return { name };
      if (!isCoreError(error) || isCoreError(error, 'dockerMissing', 'dockerUnreachable')) throw error;
      return { name, error };
    }
  }
}
