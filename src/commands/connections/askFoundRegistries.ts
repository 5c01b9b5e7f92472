/** Shows every registry that Docker and Podman on this machine know of, where each is named, and asks which to connect. */
import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { Evidence, FoundRegistry } from '../../core/credentials/foundRegistries.ts';
import { askMany } from '../../platform/askMany.ts';
import { credentialEnvironment } from '../../platform/credentialEnvironment.ts';
import { describeMirrors } from '../../platform/pullMirrors.ts';

interface FoundItem extends vscode.QuickPickItem {
  /** Undefined for the headings. */
  readonly registry?: FoundRegistry;
}

/** @param isConnected whether a registry is in the tree already. @throws CancellationError when dismissed. */
export async function askFoundRegistries(
  title: string,
  found: Promise<readonly FoundRegistry[]>,
  isConnected: (registry: FoundRegistry) => boolean,
): Promise<FoundRegistry[]> {
  const chosen = await askMany<FoundItem>({
    title,
    placeholder: vscode.l10n.t('Which registries do you want to see? Sign-ins stay where they are.'),
    items: found.then((registries) => toItems(registries, isConnected)),
    canChoose: ({ registry }) =>
      registry !== undefined && registry.blockedBy === undefined && !isConnected(registry),
  });
  return chosen.flatMap(({ registry }) => registry ?? []);
}

function toItems(
  registries: readonly FoundRegistry[],
  isConnected: (registry: FoundRegistry) => boolean,
): FoundItem[] {
  const groups: Record<'signedIn' | 'configured' | 'others' | 'connected' | 'blocked', FoundRegistry[]> = {
    signedIn: [],
    configured: [],
    others: [],
    connected: [],
    blocked: [],
  };
  for (const registry of registries) {
    const kinds = new Set(registry.evidence.map(({ kind }) => kind));
    if (registry.blockedBy !== undefined) groups.blocked.push(registry);
    else if (isConnected(registry)) groups.connected.push(registry);
    else if (kinds.has('signIn')) groups.signedIn.push(registry);
    else if (kinds.has('registriesConf') || kinds.has('daemon') || kinds.has('certificates'))
      groups.configured.push(registry);
    else groups.others.push(registry);
  }
  const group = (label: string, members: readonly FoundRegistry[], icon: string, picked: boolean) =>
    members.length === 0
      ? []
      : [
          { label, kind: vscode.QuickPickItemKind.Separator },
          ...members.map((registry) => toItem(registry, icon, picked)),
        ];
  return [
    ...group(vscode.l10n.t('Signed in on this machine'), groups.signedIn, 'account', true),
    ...group(vscode.l10n.t('In the configuration of Docker or Podman'), groups.configured, 'server', true),
    ...group(vscode.l10n.t('Mirrors, and where short names are looked for'), groups.others, 'server', false),
    ...group(vscode.l10n.t('Already connected'), groups.connected, 'check', false),
    ...group(vscode.l10n.t('Blocked: cannot be imported'), groups.blocked, 'circle-slash', false),
  ];
}

function toItem(registry: FoundRegistry, icon: string, picked: boolean): FoundItem {
  const { address, evidence, blockedBy, insecureIn, mirrors } = registry;
  const description = [
    ...evidence.flatMap((each) => (each.kind === 'signIn' ? wordSignIn(each) : [])),
    ...(insecureIn === undefined ? [] : [vscode.l10n.t('marked insecure')]),
    ...(mirrors.length === 0
      ? []
      : [vscode.l10n.t('pulls may come from {0}', toDisplayLine(describeMirrors(mirrors)))]),
  ];
  const places = blockedBy === undefined ? [...new Set(evidence.flatMap(wordPlace))] : [];
  return {
    label: toDisplayLine(address),
    description: description.join(' · '),
    ...(blockedBy !== undefined && { detail: vscode.l10n.t('blocked by {0}', displayPath(blockedBy)) }),
    ...(places.length > 0 && { detail: places.join(' · ') }),
    iconPath: new vscode.ThemeIcon(icon),
    picked,
    registry,
  };
}

function wordSignIn({ source, username }: Evidence & { kind: 'signIn' }): string {
  const program = source === 'docker' ? 'Docker' : 'Podman';
  return username === undefined ? program : vscode.l10n.t('{0}, as {1}', program, toDisplayLine(username));
}

function wordPlace(evidence: Evidence): string[] {
  switch (evidence.kind) {
    case 'signIn':
      return [];
    case 'registriesConf':
    case 'daemon':
    case 'certificates':
      return [displayPath(evidence.file)];
    case 'search':
      return [vscode.l10n.t('short names are looked for here: {0}', displayPath(evidence.file))];
    case 'mirror':
      return [vscode.l10n.t('mirror of {0}: {1}', toDisplayLine(evidence.of), displayPath(evidence.file))];
  }
}

function displayPath(path: string): string {
  const { homeDir } = credentialEnvironment();
  return toDisplayLine(path.startsWith(`${homeDir}/`) ? `~${path.slice(homeDir.length)}` : path);
}
