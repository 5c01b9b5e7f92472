/** The docker settings, as the core's runner takes them; nothing starts in an untrusted workspace. */
import * as vscode from 'vscode';
import { CoreError } from '../core/common/CoreError.ts';
import type { DockerEnvironment } from '../core/docker/DockerRunner.ts';

/** Read anew for every run, so that a changed setting counts at once. */
export function readDockerEnvironment(): DockerEnvironment {
  if (!vscode.workspace.isTrusted) {
    throw new CoreError('forbidden', 'programs are not started in an untrusted workspace', {
      reason: 'untrustedWorkspace',
    });
  }
  const docker = vscode.workspace.getConfiguration('berth.docker');
  return {
    program: docker.get<string>('path')?.trim() || 'docker',
    context: docker.get<string>('context')?.trim() ?? '',
    env: docker.get<Record<string, string>>('environment', {}),
  };
}
