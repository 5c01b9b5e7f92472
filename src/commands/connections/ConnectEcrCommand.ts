import * as vscode from 'vscode';
import { ECR_PUBLIC_HOST } from '../../core/providers/aws/ecrAddress.ts';
import { askInOrder, askPick, askText } from '../../platform/ask.ts';
import { withProgress } from '../withProgress.ts';
import { askAwsProfile } from './askAwsProfile.ts';
import { ConnectRegistryCommand } from './ConnectRegistryCommand.ts';

const REGION = /^[a-z]{2,4}(?:-[a-z]+)+-\d$/;

/** Connects the registry of an AWS account: a profile says which account, and the region is asked for. */
export class ConnectEcrCommand extends ConnectRegistryCommand {
  override readonly id = 'berth.connectEcr';

  override async execute(): Promise<void> {
    const title = vscode.l10n.t('Connect Amazon ECR');
    let profile = '';
    let host = '';
    await askInOrder([
      async () => {
        profile = (await askAwsProfile({ title, chosen: profile })) ?? (await askProfileName(title));
      },
      async () => {
        const region = await askRegion(title, profile);
        host = region === undefined ? ECR_PUBLIC_HOST : await this.#find(profile, region);
      },
    ]);
    const draft = { address: `https://${host}`, auth: 'aws', profile, repositories: [] } as const;
    await this.connect(title, { ...draft, repositories: [] }, { isSignedIn: true });
  }

  async #find(profile: string, region: string): Promise<string> {
    const { findRegistryOf } = await import('../../platform/ecrAccount.ts');
    return withProgress(vscode.l10n.t('Asking AWS for the registry in {0}…', region), (signal) =>
      findRegistryOf(profile, region, this.services.logger, signal),
    );
  }
}

function askProfileName(title: string): Promise<string> {
  return askText({
    title,
    prompt: vscode.l10n.t('Name of the AWS profile, as in ~/.aws/config'),
    canGoBack: true,
    accept: (text) => {
      if (text.trim() === '') throw new Error(vscode.l10n.t('Type the profile.'));
      return text.trim();
    },
    describe: (error) => (error as Error).message,
  });
}

/** Undefined for ECR Public, which has none. */
async function askRegion(title: string, profile: string): Promise<string | undefined> {
  const [{ ECR_REGIONS }, { defaultProfileName, readAwsProfiles }] = await Promise.all([
    import('../../core/providers/aws/findEcrRegistry.ts'),
    import('../../core/providers/aws/awsProfiles.ts'),
  ]);
  const ofProfile = (await readAwsProfiles()).get(profile || defaultProfileName())?.['region'];
  const first = ofProfile && REGION.test(ofProfile) ? [ofProfile] : [];
  const { region } = await askPick<vscode.QuickPickItem & { region: string | undefined }>({
    title,
    placeholder: vscode.l10n.t('Which region? A private registry is in one; another can be typed'),
    items: [
      ...first.map((label) => ({ label, description: vscode.l10n.t('of the profile'), region: label })),
      ...ECR_REGIONS.filter((each) => each !== ofProfile).map((label) => ({ label, region: label })),
      { label: vscode.l10n.t('ECR Public'), description: ECR_PUBLIC_HOST, region: undefined },
    ],
    custom: (text) => (REGION.test(text) ? { label: text, region: text } : undefined),
    canGoBack: true,
  });
  return region;
}
