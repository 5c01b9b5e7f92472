/** Finds out what kind of layout or archive a path is. */
import { stat } from 'node:fs/promises';
import { CoreError, isCoreError } from '../../../common/CoreError.ts';
import { DockerArchiveImages } from './DockerArchiveImages.ts';
import { ArchiveFiles, FolderFiles } from './LayoutFiles.ts';
import { LayoutImages } from './LayoutImages.ts';

export type LayoutSource = LayoutImages | DockerArchiveImages;

/**
 * An OCI layout (folder or tar), else a `docker save` archive.
 * @throws CoreError `invalidInput` with reason `compressedArchive` or `notALayout`; `disk` when it cannot be read.
 */
export async function openLayout(path: string, signal: AbortSignal): Promise<LayoutSource> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new CoreError('notFound', `no ${path}`, { subject: path, reason: 'layoutFile' }, cause);
  });
  const files = found.isDirectory() ? new FolderFiles(path) : await ArchiveFiles.open(path, signal);
  for (const open of [LayoutImages.open, DockerArchiveImages.open]) {
    try {
      return await open(files);
    } catch (error) {
      if (!isCoreError(error, 'notFound')) throw error;
    }
  }
  throw new CoreError('invalidInput', 'neither an OCI layout nor a docker archive', {
    subject: path,
    reason: 'notALayout',
  });
}
