/** Does the next step that an error inside a panel offers. */
import { runErrorAction } from './errorActions.ts';
import type { ErrorAction } from './wordError.ts';

/** True when the panel should load again. */
export async function runPanelAction(
  id: string,
  { connectionId }: { readonly connectionId: string },
): Promise<boolean> {
  let again = false;
  await runErrorAction(id as ErrorAction, {
    error: undefined,
    connectionId,
    retry: () => {
      again = true;
    },
  });
  return again;
}
