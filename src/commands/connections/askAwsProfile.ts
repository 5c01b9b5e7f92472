/** Which profile of the AWS CLI a connection uses. */
import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { askPick } from '../../platform/ask.ts';

export interface AwsProfileQuestion {
  readonly title: string;
  /** Chosen before: '' for the default. */
  readonly chosen: string;
  readonly canGoBack?: boolean;
}

/** '' for what the CLI uses when none is named; undefined for one that no file has yet, to be typed. */
export async function askAwsProfile({
  title,
  chosen,
  canGoBack = false,
}: AwsProfileQuestion): Promise<string | undefined> {
  const { readAwsProfiles } = await import('../../core/providers/aws/awsProfiles.ts');
  const names = [...(await readAwsProfiles()).keys()].filter((name) => name !== 'default');
  const { profile } = await askPick<vscode.QuickPickItem & { profile: string | undefined }>({
    title,
    placeholder: vscode.l10n.t('Which AWS profile?'),
    items: [
      {
        label: vscode.l10n.t('Default'),
        description: vscode.l10n.t('What the AWS CLI uses when no profile is named'),
        profile: '',
      },
      ...names.map((name) => ({ label: toDisplayLine(name), profile: name })),
      { label: vscode.l10n.t('Another Profile…'), profile: undefined },
    ],
    active: (item) => item.profile === chosen,
    canGoBack,
  });
  return profile;
}
