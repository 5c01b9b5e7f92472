/** The ways to sign in to a registry that its kind offers, in the order they are shown. */
import * as vscode from 'vscode';
import type { AuthKind } from '../../platform/Connection.ts';

/** `token` and `googleKey` are kept as `password`; the others are the `auth` of the connection. */
export type SignInWay = AuthKind | 'token' | 'googleKey';

export interface SignInChoice {
  readonly way: SignInWay;
  readonly label: string;
  readonly detail: string;
}

/** Ways that only some kinds of registry have: provider kind → its own ways, offered first. */
const OWN_WAYS: Readonly<Record<string, readonly SignInWay[]>> = {
  acr: ['microsoft'],
  ecr: ['aws'],
  ecrPublic: ['aws'],
  ghcr: ['github'],
  google: ['google', 'googleKey'],
};

export function signInChoices(providerKind: string): SignInChoice[] {
  const ways: SignInWay[] = [...(OWN_WAYS[providerKind] ?? []), 'docker', 'password', 'token', 'anonymous'];
  const descriptions = describeWays();
  return ways.map((way) => ({ way, ...descriptions[way] }));
}

/** What each is called, in the language of the window. */
function describeWays(): Readonly<Record<SignInWay, Omit<SignInChoice, 'way'>>> {
  return {
    docker: {
      label: vscode.l10n.t('Use What Docker Already Knows'),
      detail: vscode.l10n.t(
        'Credentials of docker login or podman login, their helpers included; none are copied',
      ),
    },
    password: {
      label: vscode.l10n.t('User Name and Password'),
      detail: vscode.l10n.t('Kept in VS Code’s secret storage'),
    },
    token: {
      label: vscode.l10n.t('Access Token'),
      detail: vscode.l10n.t('With the user name it belongs to, or alone; kept in VS Code’s secret storage'),
    },
    anonymous: { label: vscode.l10n.t('Anonymous'), detail: vscode.l10n.t('No sign-in') },
    aws: {
      label: vscode.l10n.t('AWS Credentials'),
      detail: vscode.l10n.t(
        'A profile of the AWS CLI, single sign-on included, or what the environment gives',
      ),
    },
    google: {
      label: vscode.l10n.t('Google Application-Default Credentials'),
      detail: vscode.l10n.t(
        'What gcloud auth application-default login or GOOGLE_APPLICATION_CREDENTIALS gives',
      ),
    },
    googleKey: {
      label: vscode.l10n.t('Google Service-Account Key…'),
      detail: vscode.l10n.t('A JSON key file; its content is kept in VS Code’s secret storage'),
    },
    microsoft: {
      label: vscode.l10n.t('Microsoft Account of VS Code'),
      detail: vscode.l10n.t(
        'The account you are signed in with in VS Code; VS Code asks you to allow Berth to use it',
      ),
    },
    github: {
      label: vscode.l10n.t('GitHub Account of VS Code'),
      detail: vscode.l10n.t(
        'The account you are signed in with in VS Code; VS Code asks you to allow Berth to use your packages',
      ),
    },
  };
}
