/** Which Dockerfile of the workspace is meant. */
import * as vscode from 'vscode';
import { askPick, dismissed } from '../../platform/ask.ts';
import type { LastAnswers } from '../../platform/LastAnswers.ts';

const PATTERN =
  '**/{[Dd]ockerfile,[Dd]ockerfile.*,*.[Dd]ockerfile,[Cc]ontainerfile,[Cc]ontainerfile.*,*.[Cc]ontainerfile}';
const EXCLUDED = '**/{node_modules,.git,vendor}/**';
const MAXIMUM = 500;
const QUESTION = 'dockerfile';

/**
 * Asks only where there is a choice. @throws CancellationError when dismissed.
 * @param choose label of the button that takes a file from elsewhere
 */
export async function askDockerfile(
  answers: LastAnswers,
  title: string,
  choose: string,
): Promise<vscode.Uri> {
  const found = (await vscode.workspace.findFiles(PATTERN, EXCLUDED, MAXIMUM)).filter(
    // An ignore file of a Dockerfile is none.
    ({ path }) => !path.toLowerCase().endsWith('.dockerignore'),
  );
  if (found.length === 1) return found[0]!;
  const open = vscode.window.activeTextEditor?.document.uri.toString();
  const last = answers.get(QUESTION);
  const preferred =
    found.find((uri) => uri.toString() === open) ?? found.find((uri) => uri.toString() === last);
  const { uri } = await askPick<vscode.QuickPickItem & { uri: vscode.Uri | undefined }>({
    title,
    placeholder:
      found.length === 0
        ? vscode.l10n.t('There is no Dockerfile in the workspace')
        : vscode.l10n.t('Choose a Dockerfile'),
    items: [
      ...found
        .map((each) => ({ label: vscode.workspace.asRelativePath(each), uri: each }))
        .sort((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true })),
      { label: vscode.l10n.t('Browse…'), uri: undefined },
    ],
    active: (item) => item.uri !== undefined && item.uri === preferred,
  });
  const [chosen] = uri ? [uri] : ((await vscode.window.showOpenDialog({ title, openLabel: choose })) ?? []);
  if (!chosen) throw dismissed();
  await answers.remember(QUESTION, chosen.toString());
  return chosen;
}
