import type { ImageFileNode } from '../../explorer/ImageFilesTree.ts';
import type { Command } from '../Command.ts';
import { copyText } from '../tags/manifestTarget.ts';

/** Copies the path of a file in its image. */
export class CopyFilePathCommand implements Command {
  readonly id = 'berth.copyFilePath';

  async execute(node?: ImageFileNode): Promise<void> {
    if (node) await copyText(node.address.path);
  }
}
