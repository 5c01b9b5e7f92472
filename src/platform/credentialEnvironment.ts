/** Where the Docker and Podman CLIs of this user keep what they know: the environment they are started with. */
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { CredentialEnvironment } from '../core/credentials/CredentialEnvironment.ts';

/** `berth.docker.environment` counts here as well, so that DOCKER_CONFIG means the same to Berth and to docker. */
export function credentialEnvironment(): CredentialEnvironment {
  const extra = vscode.workspace.isTrusted
    ? vscode.workspace.getConfiguration('berth.docker').get<Record<string, string>>('environment', {})
    : {};
  const uid = process.getuid?.();
  return { env: { ...process.env, ...extra }, homeDir: homedir(), ...(uid !== undefined && { uid }) };
}
