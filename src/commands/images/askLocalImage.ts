/** Which image of the Docker engine, by name or by ID. */
import * as vscode from 'vscode';
import type { Docker } from '../../core/docker/Docker.ts';
import type { LocalImage } from '../../core/docker/LocalImage.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { shortDigest } from '../../core/oci/digest.ts';
import { askPick } from '../../platform/ask.ts';
import { formatAge, formatSize } from '../../platform/format.ts';
import type { LastAnswers } from '../../platform/LastAnswers.ts';

const QUESTION = 'localImage';

/** @throws CancellationError when dismissed; what docker throws when it cannot list. */
export async function askLocalImage(
  docker: Docker,
  answers: LastAnswers,
  title: string,
): Promise<LocalImage> {
  const last = answers.get(QUESTION);
  const { image } = await askPick<vscode.QuickPickItem & { image: LocalImage }>({
    title,
    placeholder: vscode.l10n.t('Choose a local image by name or ID'),
    items: docker.images(new AbortController().signal).then((images) =>
      images.map((candidate) => ({
        label: toDisplayLine(imageName(candidate)),
        description: [
          shortDigest(candidate.id),
          candidate.createdAt && formatAge(candidate.createdAt),
          candidate.sizeInBytes !== undefined && formatSize(candidate.sizeInBytes),
        ]
          .filter(Boolean)
          .join(' · '),
        image: candidate,
      })),
    ),
    active: (item) => imageName(item.image) === last,
  });
  await answers.remember(QUESTION, imageName(image));
  return image;
}

/** What docker takes for it and a person knows it by: its reference, or the beginning of its ID. */
export function imageName({ id, reference }: Pick<LocalImage, 'id' | 'reference'>): string {
  return reference ?? shortDigest(id);
}
