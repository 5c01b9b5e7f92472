/** Which image is compared: what was right-clicked, or what a person is asked for. */
import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { LocalImage } from '../../core/docker/LocalImage.ts';
import { shortDigest } from '../../core/oci/digest.ts';
import type { LocalImageNode } from '../../explorer/LocalImagesTree.ts';
import type { PlatformNode, TagNode } from '../../explorer/nodes.ts';
import type { CompareTarget } from '../../panels/compare/comparePanelProtocol.ts';
import { askPick } from '../../platform/ask.ts';
import type { ConnectionSettings } from '../../platform/ConnectionSettings.ts';
import { tryCreateEndpoint } from '../../platform/RegistrySessions.ts';
import { askTagNode } from '../askTarget.ts';
import { askLocalImage, imageName } from '../images/askLocalImage.ts';
import type { Services } from '../Services.ts';
import { fullReference, referenceOf } from '../tags/manifestTarget.ts';

export type CompareNode = TagNode | PlatformNode | LocalImageNode;

/** What asking for an image needs. */
export type CompareQuestions = Pick<Services, 'settings' | 'registriesTree' | 'docker' | 'answers'>;

const SOURCE_ANSWER = 'compareSource';

export function compareTargetOf(settings: ConnectionSettings, node: CompareNode): CompareTarget {
  if (node.kind === 'localImage') {
    const { image, reference } = node;
    return localTarget(reference === undefined ? image : { ...image, reference });
  }
  const { connectionId, repository } = node;
  const short = repository.slice(repository.lastIndexOf('/') + 1);
  const title =
    node.kind === 'tag' ? `${short}:${node.tag}` : `${short}@${shortDigest(node.descriptor.digest)}`;
  return registryTarget(settings, { connectionId, repository, reference: referenceOf(node), title });
}

function localTarget(image: Pick<LocalImage, 'id' | 'reference'>): CompareTarget {
  const title = toDisplayLine(imageName(image));
  return { kind: 'docker', imageId: image.id, title, name: vscode.l10n.t('{0} (local image)', title) };
}

/** Named as docker writes it. */
export function registryTarget(
  settings: ConnectionSettings,
  place: Pick<CompareTarget & { kind: 'registry' }, 'connectionId' | 'repository' | 'reference' | 'title'>,
): CompareTarget {
  const connection = settings.get(place.connectionId);
  const endpoint = connection && tryCreateEndpoint(connection);
  const name = endpoint
    ? fullReference(endpoint, place.repository, place.reference)
    : `${place.repository} ${place.reference}`;
  return { kind: 'registry', ...place, name };
}

/** Asks for a tag of a registry or an image of the engine, beginning where the last answer was. */
export async function askCompareTarget(
  { settings, registriesTree, docker, answers }: CompareQuestions,
  title: string,
): Promise<CompareTarget> {
  const last = answers.get(SOURCE_ANSWER);
  const { source } = await askPick<vscode.QuickPickItem & { source: 'registry' | 'docker' }>({
    title,
    placeholder: vscode.l10n.t('Where is the image?'),
    items: [
      { label: vscode.l10n.t('Registry'), iconPath: new vscode.ThemeIcon('server'), source: 'registry' },
      { label: vscode.l10n.t('Local Images'), iconPath: new vscode.ThemeIcon('package'), source: 'docker' },
    ],
    active: (item) => item.source === last,
  });
  await answers.remember(SOURCE_ANSWER, source);
  if (source === 'registry') return compareTargetOf(settings, await askTagNode(registriesTree, title));
  return localTarget(await askLocalImage(docker, answers, title));
}
