/** What git says about a folder, for suggesting tags. No git, no checkout and a slow one are all the same: nothing. */
import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import type { BuildFacts } from '../core/oci/suggestTags.ts';

const TIMEOUT_MS = 5000;

export type GitFacts = Pick<BuildFacts, 'gitDescribe' | 'branch'>;

/** Starts nothing in an untrusted workspace: a repository's own settings can name programs that git runs. */
export async function readGitFacts(folder: string, signal: AbortSignal): Promise<GitFacts> {
  if (!vscode.workspace.isTrusted) return {};
  const [gitDescribe, branch] = await Promise.all([
    git(['describe', '--tags', '--always', '--dirty'], folder, signal),
    git(['rev-parse', '--abbrev-ref', 'HEAD'], folder, signal),
  ]);
  return { ...(gitDescribe && { gitDescribe }), ...(branch && { branch }) };
}

/** '' where git fails. */
function git(args: readonly string[], cwd: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      'git',
      args,
      {
        cwd,
        signal,
        timeout: TIMEOUT_MS,
        windowsHide: true,
        env: { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' },
      },
      (error, stdout) => resolve(error ? '' : stdout.trim()),
    );
  });
}
