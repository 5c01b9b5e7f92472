/** The `berth.*` keys that `when` clauses of package.json read, typed in one place. */
import * as vscode from 'vscode';

export interface ContextKeys {
  'berth.connectionCount': number;
  /** Images and layers in the Image Files view. */
  'berth.browsedImageCount': number;
  /** An image was chosen with "Select for Compare". */
  'berth.imageSelectedForCompare': boolean;
  'berth.dockerState': 'unknown' | 'missing' | 'unreachable' | 'untrusted' | 'empty' | 'ready';
}

export function setContextKey<Key extends keyof ContextKeys>(key: Key, value: ContextKeys[Key]): void {
  void vscode.commands.executeCommand('setContext', key, value);
}
