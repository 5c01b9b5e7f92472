/** The words a person reads of an error, in a test that runs outside VS Code. */
import { registerHooks } from 'node:module';

/** As much of `vscode` as wording takes: English, with its values put in. */
const VSCODE = `export const l10n = {
  t: (message, ...values) => message.replace(/\\{(\\d+)\\}/g, (_, index) => String(values[Number(index)])),
};`;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vscode'
      ? { url: `data:text/javascript,${encodeURIComponent(VSCODE)}`, shortCircuit: true }
      : next(specifier, context),
});

/** How the failure of `work` is worded, and what is offered to be done. */
export async function wordsOf(work: Promise<unknown>): Promise<{ message: string; action: string }> {
  const failure: unknown = await work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error,
  );
  const { wordError } = await import('../../src/platform/wordError.ts');
  const { message, action } = wordError(failure);
  return { message, action };
}
