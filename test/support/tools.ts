/** Finds the programs the tests need. A missing one is an error that says what to install: nothing is skipped silently. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const OWN_BINS = ['bin', 'moto/bin'].map((folder) => join(import.meta.dirname, '../../.vscode-test', folder));

const INSTALL_HINTS: Readonly<Record<string, string>> = {
  'docker-registry': "Debian's docker-registry",
  nginx: "Debian's nginx-light",
  skopeo: "Debian's skopeo",
  htpasswd: "Debian's apache2-utils",
  openssl: "Debian's openssl",
  dockerd: "Debian's docker.io",
  docker: "Debian's docker.io",
  chromium: "Debian's chromium",
  olareg: 'Go, then npm run setup',
  estargz: 'Go, then npm run setup',
  ip: "Debian's iproute2",
  zstd: "Debian's zstd",
  crane: 'Go, then npm run setup',
  distribution3: 'Go, then npm run setup',
  buildx: 'Go, then npm run setup',
  dive: 'Go, then npm run setup',
  gitea: 'Go and a C compiler, then npm run setup',
  zot: 'Go, then npm run setup',
  'token-server': 'Go, then npm run setup',
  moto_server: 'Python 3 with venv, then npm run setup',
};

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Absolute path of `name`: our own builds first, then PATH, then the sbin folders a user's PATH may lack. */
export function tryFindTool(name: string): string | undefined {
  const folders = [
    ...OWN_BINS,
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
  ];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** @throws Error that says what to install. */
export function findTool(name: string): string {
  const file = tryFindTool(name);
  if (file === undefined) {
    throw new Error(
      `"${name}" is needed by this test and is not installed. Install ${INSTALL_HINTS[name] ?? name}.`,
    );
  }
  return file;
}
