import * as vscode from 'vscode';
import { CoreError } from '../../core/common/CoreError.ts';
import { isDigest, parseDigest, shortDigest } from '../../core/oci/digest.ts';
import type { IndexManifest } from '../../core/oci/manifest.ts';
import { formatPlatform, isUnknownPlatform } from '../../core/oci/platform.ts';
import type { BrowsedImage } from '../../explorer/ImageFilesTree.ts';
import type { LocalImageNode } from '../../explorer/LocalImagesTree.ts';
import type { LayerNode, PlatformNode, RegistriesNode, TagNode } from '../../explorer/nodes.ts';
import { askPick } from '../../platform/ask.ts';
import type { ImageAddress } from '../../platform/imageFileAddress.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { imageName } from '../images/askLocalImage.ts';

export type FilesTarget = TagNode | PlatformNode | LayerNode | LocalImageNode;

const PLATFORM_ANSWER = 'filesPlatform';

type Needs = Pick<
  Services,
  'sessions' | 'registriesTree' | 'images' | 'imageFilesTree' | 'imageFilesView' | 'answers'
>;

/** Opens the files of a tag, a platform, a layer or a local image in the Image Files view. */
export class BrowseFilesCommand implements Command {
  readonly id = 'berth.browseFiles';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: FilesTarget): Promise<void> {
    const image = await this.#resolve(
      node ?? (await askTagNode(this.#services.registriesTree, vscode.l10n.t('Browse Files'))),
    );
    // What cannot be read is said once, here, and leaves nothing in the view.
    await this.#services.images.files(image.address.image);
    const { imageFilesTree, imageFilesView } = this.#services;
    // A folded view takes no notice of a new image before it is opened, which is too late to reveal it.
    if (imageFilesTree.roots().length > 0 && !imageFilesView.visible) {
      await vscode.commands.executeCommand('berth.imageFiles.focus');
    }
    const root = imageFilesTree.add(image);
    await imageFilesView.reveal(root, { select: true, focus: true, expand: true });
  }

  async #resolve(node: FilesTarget): Promise<BrowsedImage> {
    switch (node.kind) {
      case 'localImage': {
        const image: ImageAddress = { kind: 'docker', imageId: parseDigest(node.image.id) };
        return { address: { image, path: '/' }, title: imageName(node.image) };
      }
      case 'layer': {
        const owner = imageOf(node);
        const { address, title } = await this.#resolve(owner);
        const layer = node.position - 1;
        return {
          address: { ...address, layer },
          title: vscode.l10n.t('{0}, layer {1}', title, node.position),
        };
      }
      default: {
        const reference = node.kind === 'tag' ? node.tag : node.descriptor.digest;
        const { image, platform } = await this.#manifestOf(node.connectionId, node.repository, reference);
        const label = platform ?? (node.kind === 'platform' ? node.label : undefined);
        const name = node.repository.slice(node.repository.lastIndexOf('/') + 1);
        const title = isDigest(node.tag) ? `${name}@${shortDigest(node.tag)}` : `${name}:${node.tag}`;
        return { address: { image, path: '/' }, title: label === undefined ? title : `${title} (${label})` };
      }
    }
  }

  /** The manifest that has layers; of several platforms one is asked for. */
  async #manifestOf(
    connectionId: string,
    repository: string,
    reference: string,
  ): Promise<{ readonly image: ImageAddress; readonly platform?: string }> {
    const { client } = await this.#services.sessions.open(connectionId);
    const { signal } = new AbortController();
    const manifest = await client.getManifest(repository, reference, signal);
    if (manifest.kind !== 'index') {
      return { image: { kind: 'registry', connectionId, repository, digest: manifest.digest } };
    }
    const { digest, platform } = await this.#choosePlatform(manifest, repository);
    return {
      image: { kind: 'registry', connectionId, repository, digest },
      ...(platform && { platform: formatPlatform(platform) }),
    };
  }

  async #choosePlatform(index: IndexManifest, repository: string) {
    const candidates = index.manifests.filter(({ platform }) => !isUnknownPlatform(platform));
    if (candidates.length === 0) {
      throw new CoreError('unsupported', 'the index lists no image', {
        operation: 'read files',
        subject: repository,
        reason: 'noFiles',
      });
    }
    if (candidates.length === 1) return candidates[0]!;
    const items = candidates.map((descriptor) => ({
      label: descriptor.platform ? formatPlatform(descriptor.platform) : shortDigest(descriptor.digest),
      description: shortDigest(descriptor.digest),
      descriptor,
    }));
    const own = `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
    const last = this.#services.answers.get(PLATFORM_ANSWER) ?? own;
    const { label, descriptor } = await askPick({
      title: vscode.l10n.t('Browse Files'),
      placeholder: vscode.l10n.t('Choose a platform'),
      items,
      active: (item) => item.label === last,
    });
    await this.#services.answers.remember(PLATFORM_ANSWER, label);
    return descriptor;
  }
}

/** The image that a layer was shown under. */
function imageOf(layer: LayerNode): TagNode | PlatformNode {
  let node: RegistriesNode | undefined = layer.parent;
  while (node && node.kind !== 'tag' && node.kind !== 'platform') node = node.parent;
  if (!node) throw new CoreError('invalidInput', 'the layer is below no image', { reason: 'noImage' });
  return node;
}
