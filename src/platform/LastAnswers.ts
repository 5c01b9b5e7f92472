/** Remembers what a person answered last, so that the next question starts there. Never holds secrets. */
import type * as vscode from 'vscode';

export class LastAnswers {
  readonly #memento: vscode.Memento;

  constructor(memento: vscode.Memento) {
    this.#memento = memento;
  }

  get(question: string): string | undefined {
    return this.#memento.get<string>(`answer.${question}`);
  }

  async remember(question: string, answer: string): Promise<void> {
    await this.#memento.update(`answer.${question}`, answer);
  }
}
