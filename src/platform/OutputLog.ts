/** The core's Logger on VS Code's LogOutputChannel; the last place where a secret could slip through. */
import type * as vscode from 'vscode';
import type { Logger } from '../core/common/Logger.ts';
import { redact } from '../core/common/redact.ts';

export class OutputLog implements Logger {
  readonly #channel: vscode.LogOutputChannel;

  constructor(channel: vscode.LogOutputChannel) {
    this.#channel = channel;
  }

  trace(message: string): void {
    this.#channel.trace(redact(message));
  }

  debug(message: string): void {
    this.#channel.debug(redact(message));
  }

  info(message: string): void {
    this.#channel.info(redact(message));
  }

  warn(message: string): void {
    this.#channel.warn(redact(message));
  }

  error(message: string): void {
    this.#channel.error(redact(message));
  }
}
