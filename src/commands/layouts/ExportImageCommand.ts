import * as vscode from 'vscode';
import { join } from 'node:path';
import { isIndexType } from '../../core/oci/mediaType.ts';
import type { PlatformNode, TagNode } from '../../explorer/nodes.ts';
import { askPick, dismissed } from '../../platform/ask.ts';
import type { RegistrySession } from '../../platform/RegistrySession.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { CopyProgressText } from '../copy/CopyProgressText.ts';
import { fullReference, referenceOf } from '../tags/manifestTarget.ts';

type Format = 'folder' | 'archive' | 'docker';

type Needs = Pick<Services, 'sessions' | 'registriesTree' | 'activity'>;

/** Saves an image of a registry as an OCI layout (folder or tar), or as what `docker load` takes; nothing is pulled into an engine. */
export class ExportImageCommand implements Command {
  readonly id = 'berth.exportImage';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: TagNode | PlatformNode): Promise<void> {
    const source = node ?? (await askTagNode(this.#services.registriesTree, vscode.l10n.t('Export Image')));
    const { repository } = source;
    const session = await this.#services.sessions.open(source.connectionId);
    const reference = fullReference(session.endpoint, repository, source.tag);
    const title = vscode.l10n.t('Export {0}', reference);
    const format = await askFormat(title);
    const platform = format === 'docker' ? await askPlatform(title, session, source) : undefined;
    const path = await askPlace(title, format, fileName(repository, source.tag));
    const [{ RegistryImages }, { exportImages, planCopy }] = await Promise.all([
      import('../../core/operations/copy/RegistryImages.ts'),
      import('../../core/operations/copy/copyTags.ts'),
    ]);
    const images = new RegistryImages(session.client, repository);
    await this.#services.activity.run({ title, icon: 'export' }, async (handle) => {
      const { signal } = handle;
      const text = new CopyProgressText(handle);
      await using sink = await openSink(format, path, fullReference(session.endpoint, repository, undefined));
      const plan = await planCopy(
        images,
        sink,
        {
          wishes: [{ source: referenceOf(source), targetTag: source.tag }],
          ...(platform !== undefined && { platforms: [platform], withoutIndex: true }),
        },
        signal,
      );
      // docker load knows no signatures.
      const options = { referrers: format !== 'docker', signal, onProgress: text.report };
      const { outcomes } = await exportImages(images, sink, plan, options);
      await sink.finish();
      return { detail: path, ...(outcomes[0] && { digest: outcomes[0].digest }) };
    });
    const show = vscode.l10n.t('Show in File Manager');
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t('Exported {0} to {1}', reference, path),
      ...(vscode.env.remoteName === undefined ? [show] : []),
    );
    if (answer === show) await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(path));
  }
}

async function openSink(format: Format, path: string, dockerName: string) {
  if (format === 'folder') {
    const { LayoutFolder } = await import('../../core/operations/copy/layout/LayoutFolder.ts');
    return new LayoutFolder(path);
  }
  const { LayoutArchive } = await import('../../core/operations/copy/layout/LayoutArchive.ts');
  return new LayoutArchive(path, format === 'docker' ? dockerName : undefined);
}

async function askFormat(title: string): Promise<Format> {
  const { format } = await askPick<vscode.QuickPickItem & { format: Format }>({
    title,
    placeholder: vscode.l10n.t('As what?'),
    items: [
      {
        label: vscode.l10n.t('OCI Archive'),
        description: vscode.l10n.t('one tar file: all platforms, signatures and SBOMs'),
        format: 'archive',
      },
      {
        label: vscode.l10n.t('OCI Layout Folder'),
        description: vscode.l10n.t('the same as a folder; images in it stay'),
        format: 'folder',
      },
      {
        label: vscode.l10n.t('Docker Archive'),
        description: vscode.l10n.t('for docker load and podman load: one platform'),
        format: 'docker',
      },
    ],
  });
  return format;
}

/** Undefined where the image is for one platform anyway. */
async function askPlatform(
  title: string,
  { client }: RegistrySession,
  source: TagNode | PlatformNode,
): Promise<string | undefined> {
  if (source.kind === 'platform') return undefined;
  const manifest = await client.getManifest(source.repository, source.tag, AbortSignal.timeout(60_000));
  if (!isIndexType(manifest.mediaType) || manifest.kind !== 'index') return undefined;
  const { platformsOf } = await import('../../core/operations/copy/selectPlatforms.ts');
  const { label } = await askPick({
    title,
    placeholder: vscode.l10n.t('Which platforms?'),
    items: platformsOf(manifest).map((each) => ({ label: each })),
  });
  return label;
}

/** @throws CancellationError when dismissed. */
async function askPlace(title: string, format: Format, name: string): Promise<string> {
  const base = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (format === 'folder') {
    const [folder] =
      (await vscode.window.showOpenDialog({
        title,
        openLabel: vscode.l10n.t('Export Here'),
        canSelectFiles: false,
        canSelectFolders: true,
        ...(base && { defaultUri: base }),
      })) ?? [];
    if (!folder) throw dismissed();
    return folder.fsPath;
  }
  const file = await vscode.window.showSaveDialog({
    title,
    saveLabel: vscode.l10n.t('Export'),
    filters: { [vscode.l10n.t('Tar archive')]: ['tar'] },
    ...(base && { defaultUri: vscode.Uri.file(join(base.fsPath, `${name}.tar`)) }),
  });
  if (!file) throw dismissed();
  return file.fsPath;
}

function fileName(repository: string, tag: string): string {
  return `${repository.slice(repository.lastIndexOf('/') + 1)}-${tag}`.replace(/[^\w.-]/g, '-');
}
