import * as vscode from 'vscode';
import { isAttachmentTag } from '../../core/oci/attachmentTag.ts';
import type { RegistriesNode } from '../../explorer/nodes.ts';
import { askPick, dismissed } from '../../platform/ask.ts';
import { createSignal } from '../../platform/cancellation.ts';
import type { Command } from '../Command.ts';
import type { CopyForm, CopyTarget } from '../copy/CopyForm.ts';
import { fileConnection, type ImageCopies } from '../copy/ImageCopies.ts';

/** Puts the images of an OCI layout (folder or tar) or a `docker save` archive into a registry, with no engine. */
export class ImportImageCommand implements Command {
  readonly id = 'berth.importImage';
  readonly #form: CopyForm;
  readonly #copies: ImageCopies;

  constructor(form: CopyForm, copies: ImageCopies) {
    this.#form = form;
    this.#copies = copies;
  }

  /** `node`: the registry, namespace or repository to import into. */
  async execute(node?: RegistriesNode): Promise<void> {
    const title = vscode.l10n.t('Import Image');
    const path = await askPath(title);
    const images = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Reading {0}', path),
        cancellable: true,
      },
      async (_, token) => {
        using cancellation = createSignal(token);
        const { openLayout } = await import('../../core/operations/copy/layout/openLayout.ts');
        const all = await (await openLayout(path, cancellation.signal)).images();
        // What cosign hangs on tags comes along with its image.
        return all.filter(({ tag }) => tag === undefined || !isAttachmentTag(tag));
      },
    );
    if (images.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('There is no image in {0}.', path));
      return;
    }
    const wishes = images.map(({ reference, tag }) => ({
      source: reference,
      ...(tag !== undefined && { targetTag: tag }),
    }));
    const subject = {
      source: { connectionId: fileConnection(path), repository: nameOf(path) },
      wishes,
      platforms: [],
    };
    const target: CopyTarget | undefined = node && 'connectionId' in node ? node : undefined;
    await this.#copies.run(await this.#form.ask(title, subject, target));
  }
}

async function askPath(title: string): Promise<string> {
  const { isFolder } = await askPick({
    title,
    placeholder: vscode.l10n.t('Where is the image?'),
    items: [
      {
        label: vscode.l10n.t('Archive…'),
        description: vscode.l10n.t('a tar of an OCI layout, or of docker save'),
        isFolder: false,
      },
      { label: vscode.l10n.t('OCI Layout Folder…'), isFolder: true },
    ],
  });
  const [found] =
    (await vscode.window.showOpenDialog({
      title,
      openLabel: vscode.l10n.t('Import'),
      canSelectFiles: !isFolder,
      canSelectFolders: isFolder,
      ...(!isFolder && { filters: { [vscode.l10n.t('Tar archive')]: ['tar'] } }),
    })) ?? [];
  if (!found) throw dismissed();
  return found.fsPath;
}

/** A repository's name as good as the file's allows. */
function nameOf(path: string): string {
  const last = path.split(/[\\/]/).filter(Boolean).at(-1) ?? '';
  const name = last
    .toLowerCase()
    .replace(/\.tar$/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'image' : name;
}
