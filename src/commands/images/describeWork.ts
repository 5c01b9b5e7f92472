/** Progress of docker in words: "3 of 7 layers, 2 already there", "step 4 of 9: RUN npm ci". */
import { l10n } from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { ProgressState } from '../../core/docker/progress/ProgressSummary.ts';
import { formatSize } from '../../platform/format.ts';

export interface WorkWords {
  readonly message: string;
  /** 0 to 1, undefined while nothing is known. */
  readonly share?: number;
}

export function describeWork(state: ProgressState): WorkWords {
  const share = state.fraction === undefined ? {} : { share: state.fraction };
  // While images are pushed at the end of a build its last step is still running: layers say more then.
  if (state.steps && !state.layers) return { message: describeSteps(state.steps), ...share };
  if (state.layers) return { message: describeLayers(state.layers), ...share };
  return { message: '', ...share };
}

function describeSteps({ current, done, total, cached }: NonNullable<ProgressState['steps']>): string {
  if (current) {
    const name = toDisplayLine(current.name, 60);
    return current.index === undefined
      ? name
      : l10n.t('step {0} of {1}: {2}', current.index, current.total ?? total, name);
  }
  return cached > 0
    ? l10n.t('{0} of {1} steps, {2} from cache', done, total, cached)
    : l10n.t('{0} of {1} steps', done, total);
}

function describeLayers(layers: NonNullable<ProgressState['layers']>): string {
  const { done, total, reused, currentBytes, totalBytes } = layers;
  return [
    l10n.t('{0} of {1} layers', done, total),
    reused > 0 ? l10n.t('{0} already there', reused) : undefined,
    currentBytes !== undefined && totalBytes
      ? `${formatSize(currentBytes)} / ${formatSize(totalBytes)}`
      : undefined,
  ]
    .filter(Boolean)
    .join(', ');
}
