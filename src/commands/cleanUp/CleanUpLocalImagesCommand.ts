import * as vscode from 'vscode';
import type { LocalImageDecision, LocalImageRules } from '../../core/operations/cleanup/localCleanUp.ts';
import { formatReview } from '../../core/operations/cleanup/reviewText.ts';
import { askPick, askText } from '../../platform/ask.ts';
import { formatCount, formatSize } from '../../platform/format.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';

type Needs = Pick<Services, 'docker' | 'answers' | 'cleanUpReviews'>;

/** Asks which local images are to go and opens that as a document to review; removes nothing. */
export class CleanUpLocalImagesCommand implements Command {
  readonly id = 'berth.cleanUpLocalImages';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(): Promise<void> {
    const { rules, title } = await this.#ask();
    const { signal } = new AbortController();
    const [images, used] = await Promise.all([
      this.#services.docker.images(signal),
      this.#services.docker.containers.usedImages(signal),
    ]);
    const { decideLocalImages } = await import('../../core/operations/cleanup/localCleanUp.ts');
    const decisions = decideLocalImages(images, used, rules, new Date());
    const going = decisions.filter(({ action }) => action === 'delete');
    if (going.length === 0) {
      void vscode.window.showInformationMessage(
        images.length === 0
          ? vscode.l10n.t('There are no local images.')
          : vscode.l10n.t('No local image goes by this: {0}.', title),
      );
      return;
    }
    const entries = decisions.map(({ name, action, reason, image }) => ({
      name,
      id: image.id,
      action,
      isUsed: reason === 'used' || used.has(image.id),
      ...(image.sizeInBytes !== undefined && { sizeInBytes: image.sizeInBytes }),
    }));
    const uri = await this.#services.cleanUpReviews.create(
      'local-images',
      { kind: 'localImages', entries },
      reviewText(decisions, title),
    );
    await vscode.window.showTextDocument(uri, { preview: false });
  }

  async #ask(): Promise<{ readonly rules: LocalImageRules; readonly title: string }> {
    const title = vscode.l10n.t('Clean Up Local Images');
    const { which } = await askPick<vscode.QuickPickItem & { which: 'dangling' | 'age' | 'pattern' }>({
      title,
      placeholder: vscode.l10n.t('What is to go? You see every image before anything is removed.'),
      items: [
        {
          label: vscode.l10n.t('Dangling Images'),
          description: vscode.l10n.t('those no name leads to'),
          which: 'dangling',
        },
        {
          label: vscode.l10n.t('Images Older Than…'),
          description: vscode.l10n.t('and used by no container'),
          which: 'age',
        },
        { label: vscode.l10n.t('Images by Pattern…'), description: 'localhost:5000/*', which: 'pattern' },
      ],
    });
    if (which === 'dangling') return { rules: { dangling: true }, title: vscode.l10n.t('dangling') };
    if (which === 'age') {
      const days = await askText({
        title,
        prompt: vscode.l10n.t('Older than how many days?'),
        value: this.#services.answers.get('cleanUpLocal.days') ?? '30',
        validate: (text) =>
          /^\d{1,5}$/.test(text.trim()) ? undefined : vscode.l10n.t('Type a whole number, such as 10.'),
        accept: (text) => Number(text.trim()),
      });
      await this.#services.answers.remember('cleanUpLocal.days', String(days));
      return {
        rules: { olderThanDays: days },
        title: vscode.l10n.t('older than {0} days', formatCount(days)),
      };
    }
    const pattern = await askText({
      title,
      prompt: vscode.l10n.t('Which images? A pattern over the whole name, such as localhost:5000/*'),
      value: this.#services.answers.get('cleanUpLocal.pattern') ?? '',
      validate: (text) => (/\s/.test(text.trim()) ? vscode.l10n.t('A name has no spaces.') : undefined),
      accept: (text) => text.trim() || '*',
    });
    await this.#services.answers.remember('cleanUpLocal.pattern', pattern);
    return { rules: { pattern }, title: pattern };
  }
}

function reviewText(decisions: readonly LocalImageDecision[], title: string): string {
  const section = (name: string, action: LocalImageDecision['action']) => {
    const rows = decisions
      .filter((decision) => decision.action === action)
      .map(({ name: image, image: { sizeInBytes, createdAt }, reason }) => ({
        action,
        name: image,
        columns: [
          sizeInBytes === undefined ? '' : formatSize(sizeInBytes),
          createdAt?.toISOString().slice(0, 10) ?? '',
          wordLocalReason(reason, title),
        ],
      }));
    return { title: `${name} (${formatCount(rows.length)})`, rows };
  };
  return formatReview(
    [
      vscode.l10n.t('Clean up local images: {0}', title),
      '',
      vscode.l10n.t(
        'The word before an image decides: change it to "keep" or "delete". What has no line stays.',
      ),
      vscode.l10n.t(
        'Nothing is removed before you choose Run Clean-Up, above or in the title of this editor.',
      ),
      vscode.l10n.t('It cannot be undone; an image that a container uses stays in any case.'),
    ],
    [section(vscode.l10n.t('Images that go'), 'delete'), section(vscode.l10n.t('Images that stay'), 'keep')],
  );
}

function wordLocalReason(reason: LocalImageDecision['reason'], title: string): string {
  switch (reason) {
    case 'rule':
      return title;
    case 'noRule':
      return '';
    case 'used':
      return vscode.l10n.t('used by a container');
    case 'ageUnknown':
      return vscode.l10n.t('age unknown');
  }
}
