/**
 * Questions with VS Code's own inputs. An answer is checked where it was typed, also when the check needs a server:
 * the input stays open with the text in it until the answer is good or the person gives up.
 */
import * as vscode from 'vscode';
import { toDisplayLine } from '../core/common/displayText.ts';

/** Thrown by Back: the caller asks the question before. */
export class GoBack extends Error {}

/** Thrown when a question is dismissed; commands are quiet about it. */
export const dismissed = (): vscode.CancellationError => new vscode.CancellationError();

export interface TextQuestion<Answer> {
  readonly title: string;
  readonly prompt: string;
  readonly value?: string;
  readonly placeholder?: string;
  readonly password?: boolean;
  readonly step?: number;
  readonly totalSteps?: number;
  readonly canGoBack?: boolean;
  /** What is wrong with `value`, found out since it was typed; said until the text changes. */
  readonly problem?: string | undefined;
  /** Quick check while typing; a message, or undefined when good. */
  readonly validate?: (text: string) => string | vscode.InputBoxValidationMessage | undefined;
  /** Turns the text into the answer; may take time. What it throws is shown under the text by `describe`. */
  readonly accept: (text: string, signal: AbortSignal) => Promise<Answer> | Answer;
  readonly describe?: (error: unknown) => string;
}

/** @throws CancellationError when dismissed, GoBack for Back. */
export function askText<Answer>(question: TextQuestion<Answer>): Promise<Answer> {
  const input = vscode.window.createInputBox();
  input.title = question.title;
  input.prompt = question.prompt;
  input.value = question.value ?? '';
  input.placeholder = question.placeholder;
  input.password = question.password ?? false;
  input.ignoreFocusOut = true;
  if (question.step !== undefined) input.step = question.step;
  if (question.totalSteps !== undefined) input.totalSteps = question.totalSteps;
  if (question.canGoBack) input.buttons = [vscode.QuickInputButtons.Back];
  const controller = new AbortController();
  return new Promise<Answer>((resolve, reject) => {
    let answering = false;
    const validate = () => {
      input.validationMessage = question.validate?.(input.value);
    };
    const answer = async () => {
      validate();
      if (answering || isBad(input.validationMessage)) return;
      answering = true;
      input.busy = true;
      input.enabled = false;
      try {
        resolve(await question.accept(input.value, controller.signal));
        input.dispose();
      } catch (error) {
        if (error instanceof GoBack || error instanceof vscode.CancellationError) {
          reject(error);
          input.dispose();
          return;
        }
        answering = false;
        input.busy = false;
        input.enabled = true;
        input.validationMessage = toDisplayLine(question.describe?.(error) ?? String(error), 600);
        input.show();
      }
    };
    input.onDidChangeValue(validate);
    input.onDidAccept(() => void answer());
    input.onDidTriggerButton(() => {
      reject(new GoBack());
      input.dispose();
    });
    input.onDidHide(() => {
      // A modal question asked while answering hides the input; it comes back afterwards.
      if (answering) return;
      controller.abort();
      reject(dismissed());
      input.dispose();
    });
    // What is there from the start is looked at; an empty field waits until something was typed.
    if (input.value !== '') validate();
    if (question.problem !== undefined) input.validationMessage = question.problem;
    input.show();
  });
}

/** A note about a good answer, such as a preview, does not stand in its way. */
function isBad(message: string | vscode.InputBoxValidationMessage | undefined): boolean {
  return typeof message === 'object'
    ? message.severity === vscode.InputBoxValidationSeverity.Error
    : Boolean(message);
}

export interface PickQuestion<Item extends vscode.QuickPickItem> {
  readonly title: string;
  readonly placeholder?: string;
  /** May still be loading; the picker shows itself busy meanwhile. */
  readonly items: readonly Item[] | Promise<readonly Item[]>;
  readonly active?: (item: Item) => boolean;
  readonly step?: number;
  readonly totalSteps?: number;
  readonly canGoBack?: boolean;
  /** What is typed becomes an answer of its own. */
  readonly custom?: (text: string) => Item | undefined;
  readonly matchOnDescription?: boolean;
}

/** @throws CancellationError when dismissed, GoBack for Back. */
export function askPick<Item extends vscode.QuickPickItem>(question: PickQuestion<Item>): Promise<Item> {
  const picker = vscode.window.createQuickPick<Item>();
  picker.title = question.title;
  picker.placeholder = question.placeholder;
  picker.matchOnDescription = question.matchOnDescription ?? true;
  picker.ignoreFocusOut = true;
  if (question.step !== undefined) picker.step = question.step;
  if (question.totalSteps !== undefined) picker.totalSteps = question.totalSteps;
  if (question.canGoBack) picker.buttons = [vscode.QuickInputButtons.Back];
  return new Promise<Item>((resolve, reject) => {
    let known: readonly Item[] = [];
    const show = () => {
      const own = question.custom?.(picker.value.trim());
      picker.items = own && !known.some(({ label }) => label === own.label) ? [own, ...known] : known;
    };
    const fill = (items: readonly Item[]) => {
      known = items;
      picker.busy = false;
      show();
      const active = question.active && items.find(question.active);
      if (active) picker.activeItems = [active];
    };
    if (question.items instanceof Promise) {
      picker.busy = true;
      question.items.then(fill, (error: unknown) => {
        reject(error instanceof Error ? error : new Error(String(error)));
        picker.dispose();
      });
    } else {
      fill(question.items);
    }
    if (question.custom) picker.onDidChangeValue(show);
    picker.onDidAccept(() => {
      const item = picker.selectedItems[0];
      if (!item) return;
      resolve(item);
      picker.dispose();
    });
    picker.onDidTriggerButton(() => {
      reject(new GoBack());
      picker.dispose();
    });
    picker.onDidHide(() => {
      reject(dismissed());
      picker.dispose();
    });
    picker.show();
  });
}

/**
 * Asks the questions in order from `start` on; Back returns to the one before, with what was answered still there.
 * @param backFromFirst `leaves`: there is a question before these, and GoBack is thrown on to whoever asked it.
 */
export async function askInOrder(
  questions: readonly (() => Promise<void>)[],
  start = 0,
  backFromFirst: 'stays' | 'leaves' = 'stays',
): Promise<void> {
  for (let at = start; at < questions.length;) {
    try {
      await questions[at]!();
      at++;
    } catch (error) {
      if (!(error instanceof GoBack) || (at === 0 && backFromFirst === 'leaves')) throw error;
      at = Math.max(0, at - 1);
    }
  }
}

/** A modal yes-or-no about something with consequences. */
export async function confirm(message: string, detail: string, yes: string): Promise<boolean> {
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, yes)) === yes;
}
