/** Which tags of a repository the files of the workspace name, and where. */
import * as vscode from 'vscode';
import { findUsedTags } from '../core/operations/cleanup/usedTags.ts';
import type { RegistryEndpoint } from '../core/registry/RegistryEndpoint.ts';
import { fullRepositoryName } from '../core/registry/repositoryName.ts';

/** Dockerfiles, Compose, Kubernetes, Helm and CI files, Terraform, and what builds and deploys besides. */
const FILES =
  '**/{Dockerfile*,*.dockerfile,*.Dockerfile,Containerfile*,*.yml,*.yaml,*.tf,*.tfvars,*.hcl,*.json,*.env,.env,Jenkinsfile*,Makefile,Justfile,*.sh}';
const EXCLUDED = '**/{node_modules,.git,dist,out,vendor,package-lock.json}/**';
const MAX_FILES = 2_000;
const MAX_BYTES = 512 * 1024;
const PARALLEL = 16;

/** Tag or digest → the first file that names it. Empty without a folder. */
export async function findTagsUsedInWorkspace(
  endpoint: RegistryEndpoint,
  repository: string,
  token: vscode.CancellationToken,
): Promise<Map<string, string>> {
  const used = new Map<string, string>();
  if (vscode.workspace.workspaceFolders === undefined) return used;
  const name = fullRepositoryName(endpoint, repository);
  const paths = [name, ...(name.startsWith('library/') ? [name.slice('library/'.length)] : [])];
  const files = await vscode.workspace.findFiles(FILES, EXCLUDED, MAX_FILES, token);
  files.sort((a, b) => a.path.localeCompare(b.path));
  for (let start = 0; start < files.length && !token.isCancellationRequested; start += PARALLEL) {
    const slice = files.slice(start, start + PARALLEL);
    const texts = await Promise.all(slice.map(readSmallFile));
    slice.forEach((file, index) => {
      for (const tag of findUsedTags(texts[index]!, paths)) {
        if (!used.has(tag)) used.set(tag, vscode.workspace.asRelativePath(file));
      }
    });
  }
  return used;
}

async function readSmallFile(file: vscode.Uri): Promise<string> {
  try {
    const { size } = await vscode.workspace.fs.stat(file);
    return size > MAX_BYTES ? '' : new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  } catch {
    return ''; // gone meanwhile, or not ours to read
  }
}
