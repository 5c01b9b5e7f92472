/** What a person types to pull an image, with the program they use. */
import * as vscode from 'vscode';

export function pullCommandLine(reference: string, platform: string | undefined): string {
  const program = vscode.workspace.getConfiguration('berth.docker').get<string>('path', 'docker');
  const name = /podman/i.test(program) ? 'podman' : 'docker';
  return [name, 'pull', ...(platform === undefined ? [] : ['--platform', platform]), reference].join(' ');
}
