/** Offers the registries that `docker login` and `podman login` know and that are not connected yet. */
import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { KnownRegistry } from '../../core/credentials/knownRegistries.ts';
import { askPick } from '../../platform/ask.ts';
import type { Connection } from '../../platform/Connection.ts';
import { credentialEnvironment } from '../../platform/credentialEnvironment.ts';
import { placeOf } from './placeOf.ts';

/** Helpers answer at once or are not waited for: this is an offer, not a need. */
const LOOK_UP_MS = 3000;

/** The chosen address, '' to type one. Asks nothing where there is nothing to offer. */
export async function askKnownRegistry(title: string, connections: readonly Connection[]): Promise<string> {
  const known = await listOffers(connections);
  if (known.length === 0) return '';
  const { address } = await askPick<vscode.QuickPickItem & { address: string }>({
    title,
    placeholder: vscode.l10n.t('Which registry?'),
    items: [
      { label: vscode.l10n.t('Type an Address…'), iconPath: new vscode.ThemeIcon('edit'), address: '' },
      {
        label: vscode.l10n.t('Signed in on this machine'),
        kind: vscode.QuickPickItemKind.Separator,
        address: '',
      },
      ...known,
    ],
  });
  return address;
}

async function listOffers(
  connections: readonly Connection[],
): Promise<(vscode.QuickPickItem & { address: string })[]> {
  const { listKnownRegistries } = await import('../../core/credentials/knownRegistries.ts');
  const signal = AbortSignal.timeout(LOOK_UP_MS);
  const registries = await listKnownRegistries(credentialEnvironment(), signal).then(
    (found) => found.registries,
    () => [],
  );
  const connected = new Set(connections.map(({ url }) => placeOf(url)));
  return registries.flatMap((registry) => {
    const address = addressOf(registry);
    if (connected.has(placeOf(address))) return [];
    const program = registry.source === 'docker' ? 'Docker' : 'Podman';
    return [
      {
        label: toDisplayLine(placeOf(address) ?? address),
        description: registry.username
          ? vscode.l10n.t('{0}, as {1}', program, toDisplayLine(registry.username))
          : program,
        iconPath: new vscode.ThemeIcon('server'),
        address,
      },
    ];
  });
}

function addressOf({ key, path }: KnownRegistry): string {
  const host = key.startsWith('https://index.docker.io/') ? 'docker.io' : key;
  return path === undefined ? host : `${host}/${path}`;
}
