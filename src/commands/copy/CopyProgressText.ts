/** The progress of a copy in words: bytes, speed and time left; a few times a second, whatever the speed. */
import * as vscode from 'vscode';
import type { CopyProgress } from '../../core/operations/copy/CopyMeter.ts';
import type { ActivityHandle } from '../../platform/Activity.ts';
import { formatDuration, formatSize } from '../../platform/format.ts';

const INTERVAL_MS = 200;

export class CopyProgressText {
  readonly #handle: Pick<ActivityHandle, 'report'>;
  #reportedAt = 0;
  #last: CopyProgress | undefined;

  constructor(handle: Pick<ActivityHandle, 'report'>) {
    this.#handle = handle;
  }

  readonly report = (progress: CopyProgress): void => {
    this.#last = progress;
    const now = performance.now();
    if (now - this.#reportedAt < INTERVAL_MS) return;
    this.#reportedAt = now;
    const { doneInBytes, totalInBytes } = progress;
    this.#handle.report(describe(progress), totalInBytes > 0 ? doneInBytes / totalInBytes : undefined);
  };

  /** What it came to, once it is over. */
  summary(): string {
    const sent = this.#last?.sentInBytes ?? 0;
    return sent === 0
      ? vscode.l10n.t('no layer had to be sent')
      : vscode.l10n.t('{0} sent', formatSize(sent));
  }
}

function describe({ doneInBytes, totalInBytes, current, bytesPerSecond, secondsLeft }: CopyProgress): string {
  const parts = [vscode.l10n.t('{0} of {1}', formatSize(doneInBytes), formatSize(totalInBytes))];
  if (bytesPerSecond !== undefined && bytesPerSecond > 0) {
    parts.push(vscode.l10n.t('{0} per second', formatSize(bytesPerSecond)));
  }
  if (secondsLeft !== undefined) parts.push(vscode.l10n.t('{0} left', formatDuration(secondsLeft)));
  if (current.length > 1) parts.push(vscode.l10n.t('{0} layers at once', current.length));
  return parts.join(' · ');
}
