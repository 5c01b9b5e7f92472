import * as vscode from 'vscode';
import {
  ARTIFACT_REGISTRY_LOCATIONS,
  artifactRegistryHost,
} from '../../core/providers/google/artifactRegistryLocations.ts';
import { parseRepositoryName } from '../../core/oci/reference.ts';
import { askInOrder, askPick, askText } from '../../platform/ask.ts';
import { wordError } from '../../platform/wordError.ts';
import { problemOfRepository } from '../problemOfRepository.ts';
import { ConnectRegistryCommand } from './ConnectRegistryCommand.ts';

/** Connects Artifact Registry in one location, of one project or of all that the account sees. */
export class ConnectGoogleCommand extends ConnectRegistryCommand {
  override readonly id = 'berth.connectGoogle';

  override async execute(): Promise<void> {
    const title = vscode.l10n.t('Connect Google Artifact Registry');
    let host = '';
    let project = '';
    await askInOrder([
      async () => {
        host = await askHost(title);
      },
      async () => {
        project = await askText({
          title,
          prompt: vscode.l10n.t('Project, with a repository if you want only that; empty for all projects'),
          placeholder: 'my-project, my-project/images',
          value: project,
          canGoBack: true,
          validate: problemOfRepository,
          accept: (text) => {
            const path = text.trim().replace(/\/+$/, '');
            return path === '' ? '' : parseRepositoryName(path);
          },
          describe: (error) => wordError(error).message,
        });
      },
    ]);
    const path = project === '' ? '' : `/${project}`;
    await this.connect(
      title,
      { address: `https://${host}${path}`, ...(path && { pathStyle: 'namespace' }), repositories: [] },
      {},
    );
  }
}

async function askHost(title: string): Promise<string> {
  const itemOf = (location: string, host: string) => ({ label: location, description: host, host });
  const { host } = await askPick({
    title,
    placeholder: vscode.l10n.t('Which location? Another one can be typed'),
    items: [
      ...ARTIFACT_REGISTRY_LOCATIONS.map((each) => itemOf(each, artifactRegistryHost(each)!)),
      itemOf(vscode.l10n.t('Container Registry'), 'gcr.io'),
    ],
    custom: (text) => {
      const typed = artifactRegistryHost(text);
      return typed === undefined ? undefined : itemOf(text, typed);
    },
  });
  return host;
}
