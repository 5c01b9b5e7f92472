import * as vscode from 'vscode';
import type { Docker } from '../../core/docker/Docker.ts';
import { shortDigest } from '../../core/oci/digest.ts';
import type { GarbagePreview, LocalGarbage } from '../../core/operations/LocalGarbage.ts';
import { createSignal } from '../../platform/cancellation.ts';
import { askPick, confirm, dismissed } from '../../platform/ask.ts';
import type { Connection } from '../../platform/Connection.ts';
import { formatCount, formatSize } from '../../platform/format.ts';
import { listNames } from '../images/listNames.ts';
import type { Services } from '../Services.ts';
import { LocalContainerCommand, type LocalContainerServices } from './LocalContainerCommand.ts';

interface Choice extends vscode.QuickPickItem {
  readonly deleteUntagged: boolean;
  readonly preview: GarbagePreview;
  /** Platforms of images that stay, which this version of the registry would take. */
  readonly needed: number;
}

/** Frees what deletions left behind in a local registry, once the person has seen what goes. */
export class CollectGarbageCommand extends LocalContainerCommand {
  readonly id = 'berth.collectGarbage';
  readonly #docker: Docker;

  constructor(services: LocalContainerServices & Pick<Services, 'docker'>) {
    super(services);
    this.#docker = services.docker;
  }

  protected async act(connection: Connection, container: string): Promise<void> {
    const { LocalGarbage } = await import('../../core/operations/LocalGarbage.ts');
    const garbage = new LocalGarbage(this.#docker);
    const choices = await this.#preview(connection, container, garbage);
    if (choices.every(({ preview }) => preview.blobs.length + preview.manifests.length === 0)) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('{0} holds no garbage: everything in it is needed.', connection.name),
      );
      throw dismissed();
    }
    const choice = await askPick<Choice>({
      title: vscode.l10n.t('Collect Garbage of {0}', connection.name),
      placeholder: vscode.l10n.t('What is to go?'),
      items: choices,
    });
    await confirmCollection(connection, choice);
    await this.#collect(connection, container, garbage, choice.deleteUntagged);
  }

  async #preview(connection: Connection, container: string, garbage: LocalGarbage): Promise<Choice[]> {
    const { findNeededByIndexes } = await import('../../core/operations/neededByIndexes.ts');
    const { provider } = await this.services.sessions.open(connection.id);
    return vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Finding out what is garbage in {0}', connection.name),
        cancellable: true,
      },
      async (_progress, token) => {
        using cancellation = createSignal(token);
        const { signal } = cancellation;
        const plain = await garbage.preview(container, { deleteUntagged: false }, signal);
        const whole = await garbage.preview(container, { deleteUntagged: true }, signal);
        const needed = await findNeededByIndexes(provider, whole.manifests, signal);
        return [
          {
            label: vscode.l10n.t('Layers That Nothing Refers To'),
            description: countWords(plain),
            deleteUntagged: false,
            preview: plain,
            needed: 0,
          },
          {
            label: vscode.l10n.t('Manifests Without a Tag as Well'),
            description: countWords(whole),
            detail:
              needed.size > 0
                ? vscode.l10n.t(
                    '$(warning) This version of the registry would take {0} platforms of multi-platform images that have tags.',
                    formatCount(needed.size),
                  )
                : vscode.l10n.t('What was deleted can then no longer be put back.'),
            deleteUntagged: true,
            preview: whole,
            needed: needed.size,
          },
        ];
      },
    );
  }

  async #collect(
    connection: Connection,
    container: string,
    garbage: LocalGarbage,
    deleteUntagged: boolean,
  ): Promise<void> {
    const title = vscode.l10n.t('Collect garbage of {0}', connection.name);
    const { detail } = await this.services.activity.run(
      { title, icon: 'trash' },
      async ({ signal, append, report }) => {
        report(vscode.l10n.t('the registry is looking through its images'));
        const { freedBytes, blobs, manifests } = await garbage.collect(
          container,
          { deleteUntagged },
          { signal, onOutput: append },
        );
        return {
          detail:
            freedBytes === undefined
              ? countWords({ blobs, manifests })
              : vscode.l10n.t('{0} freed: {1}', formatSize(freedBytes), countWords({ blobs, manifests })),
        };
      },
    );
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Garbage of {0} collected. {1}.', connection.name, detail),
    );
  }
}

function countWords({ blobs, manifests }: GarbagePreview): string {
  if (manifests.length === 0) {
    return blobs.length === 1
      ? vscode.l10n.t('1 layer or config')
      : vscode.l10n.t('{0} layers and configs', formatCount(blobs.length));
  }
  return vscode.l10n.t(
    '{0} layers and configs, {1} manifests',
    formatCount(blobs.length),
    formatCount(manifests.length),
  );
}

/** @throws CancellationError unless the person agrees. */
async function confirmCollection(connection: Connection, { preview, needed }: Choice): Promise<void> {
  const agreed = await confirm(
    vscode.l10n.t('Collect the garbage of {0}?', connection.name),
    [
      needed > 0
        ? vscode.l10n.t(
            'Careful: {0} of these manifests are platforms of multi-platform images that have tags. This version of the registry does not look into them, and would leave these images broken.',
            formatCount(needed),
          )
        : undefined,
      listNames([...preview.manifests, ...preview.blobs].map((digest) => shortDigest(digest))),
      vscode.l10n.t('What was deleted before can then no longer be put back.'),
      vscode.l10n.t('Nobody may push meanwhile. The registry is started again afterwards.'),
    ]
      .filter(Boolean)
      .join('\n\n'),
    needed > 0 ? vscode.l10n.t('Collect All the Same') : vscode.l10n.t('Collect Garbage'),
  );
  if (!agreed) throw dismissed();
}
