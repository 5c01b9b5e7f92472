/** The saved rules of clean-ups, `berth.cleanUp.rules`: user and workspace entries together. */
import * as vscode from 'vscode';
import type { CleanUpRuleSet } from '../core/operations/cleanup/CleanUpRules.ts';

const SETTING = 'berth.cleanUp.rules';

export interface SavedRules {
  readonly ruleSets: readonly CleanUpRuleSet[];
  /** What is wrong with those that cannot be used. */
  readonly problems: readonly unknown[];
}

/** Those of the workspace before the user's; of two with one name the first. */
export async function readSavedRules(): Promise<SavedRules> {
  const { parseCleanUpRuleSet } = await import('../core/operations/cleanup/CleanUpRules.ts');
  const found = vscode.workspace.getConfiguration().inspect<unknown>(SETTING);
  const entries = [found?.workspaceFolderValue, found?.workspaceValue, found?.globalValue].flatMap((value) =>
    Array.isArray(value) ? (value as unknown[]) : [],
  );
  const ruleSets = new Map<string, CleanUpRuleSet>();
  const problems: unknown[] = [];
  for (const entry of entries) {
    try {
      const ruleSet = parseCleanUpRuleSet(entry);
      if (!ruleSets.has(ruleSet.name)) ruleSets.set(ruleSet.name, ruleSet);
    } catch (error) {
      problems.push(error);
    }
  }
  return { ruleSets: [...ruleSets.values()], problems };
}

/** Into the workspace's settings where one is open; takes the place of one with that name there. */
export async function saveRules(ruleSet: CleanUpRuleSet): Promise<void> {
  const configuration = vscode.workspace.getConfiguration();
  const found = configuration.inspect<unknown>(SETTING);
  const isWorkspace = vscode.workspace.workspaceFolders !== undefined;
  const value = isWorkspace ? found?.workspaceValue : found?.globalValue;
  const entries = Array.isArray(value) ? (value as unknown[]) : [];
  const others = entries.filter((entry) => (entry as { name?: unknown } | null)?.name !== ruleSet.name);
  await configuration.update(
    SETTING,
    [...others, ruleSet],
    isWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global,
  );
}
