/** Runs an image in a terminal of its own. The terminal starts docker itself: nothing is typed into a shell. */
import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { runCommand } from '../../core/docker/commands/runCommand.ts';
import type { DockerRunner } from '../../core/docker/DockerRunner.ts';
import type { LocalImage } from '../../core/docker/LocalImage.ts';
import { imageName } from './askLocalImage.ts';

export function runInTerminal(runner: DockerRunner, image: Pick<LocalImage, 'id' | 'reference'>): void {
  const command = runCommand({ image: image.reference ?? image.id, interactive: true, remove: true });
  const { program, args } = runner.commandLine(command);
  vscode.window
    .createTerminal({
      name: toDisplayLine(imageName(image), 60),
      shellPath: program,
      shellArgs: [...args],
      env: { ...runner.environment.env, DOCKER_CLI_HINTS: 'false' },
      iconPath: new vscode.ThemeIcon('package'),
      // It is over with the container: a restored window would start another one.
      isTransient: true,
    })
    .show();
}
