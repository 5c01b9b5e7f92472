// Everything a fresh clone needs, in one go: packages, a VS Code server, and the programs the tests talk to.
// Plain JavaScript that runs on any Node 20 with nothing installed; running it again costs a second.
// In CI, or with --yes, it installs without asking, and what it cannot install is a failure.
import { spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import { createInterface } from 'node:readline/promises';

const ROOT = join(import.meta.dirname, '..');
const BIN = join(ROOT, '.vscode-test/bin');
const CODE_SERVER = join(ROOT, '.vscode-test/code-server');
const CODE_SERVER_VERSION = '4.139.1';
const MOTO = join(ROOT, '.vscode-test/moto');
/** Amazon ECR's API on this machine; of moto only what ECR needs, and what its server runs on. */
const MOTO_PACKAGES = ['moto[ecr]==5.2.5', 'flask==3.1.3', 'flask-cors==6.0.5'];

/** Modules of the server that are compiled here; its others (Kerberos, SQLite) are not needed. */
const SERVER_NATIVES = [
  'node-pty',
  '@vscode/spdlog',
  '@vscode/native-watchdog',
  '@vscode/deviceid',
  '@vscode/fs-copyfile',
  '@parcel/watcher',
];

/** Debian package → the file that shows it is there: a program on PATH, or an absolute path. */
const DEBIAN_PACKAGES = {
  'docker.io': 'dockerd',
  iproute2: 'ip',
  chromium: 'chromium',
  'docker-registry': 'docker-registry',
  'nginx-light': 'nginx',
  skopeo: 'skopeo',
  'busybox-static': '/bin/busybox',
  'apache2-utils': 'htpasswd',
  openssl: 'openssl',
  zstd: 'zstd',
  'python3-venv': '/usr/share/doc/python3-venv',
};

/** Where go.mod pins the programs that name neither version nor folder. */
const GO_FOLDER = 'test/support/go';

/**
 * Name in .vscode-test/bin → the Go program behind it. Without a version, the go.mod of its folder pins it. `module`: built
 * within its own module, whose go.mod replaces others' (`go install` refuses that).
 */
const GO_PROGRAMS = {
  olareg: { path: 'github.com/olareg/olareg/cmd/olareg' },
  crane: { path: 'github.com/google/go-containerregistry/cmd/crane' },
  distribution3: { path: 'github.com/distribution/distribution/v3/cmd/registry', version: 'v3.1.2' },
  /** Our own few lines around the library that makes eStargz layers. */
  estargz: { path: '.', folder: 'test/support/go/estargz' },
  'token-server': {
    path: 'github.com/docker/distribution/contrib/token-server',
    version: 'v2.8.3+incompatible',
  },
  dive: { path: 'github.com/wagoodman/dive', version: 'v0.13.1' },
  buildx: { path: 'github.com/docker/buildx/cmd/buildx', version: 'v0.38.2' },
  zot: {
    module: 'github.com/project-zot/zot',
    path: './cmd/zot',
    version: 'v1.4.3',
    tags: 'search,containers_image_openpgp',
  },
  gitea: {
    module: 'code.gitea.io/gitea',
    path: '.',
    version: 'v1.26.0',
    tags: 'sqlite,sqlite_unlock_notify',
    // SQLite is C.
    cgo: true,
    // What it reads at run time, to .vscode-test/gitea.
    files: ['options', 'templates', 'public'],
  },
};

const inCI = process.env.CI === 'true';

/**
 * What each part of the project needs; `npm run setup` and `npm test` want it all.
 * @param {{ yes?: boolean, server?: boolean, debianPackages?: readonly string[], goPrograms?: boolean, moto?: boolean }} options
 * @throws Error when a step failed, or in CI when something needed cannot be installed.
 */
export async function setUp(options = {}) {
  const {
    yes = inCI,
    server = true,
    debianPackages = Object.keys(DEBIAN_PACKAGES),
    goPrograms = true,
    moto = goPrograms,
  } = options;
  if (debianPackages.length > 0) await installDebianPackages(debianPackages, yes);
  // Two cores: the compilers take one, the downloads the other.
  await Promise.all([
    installPackages().then(() => (server ? installCodeServer() : undefined)),
    goPrograms ? buildGoPrograms() : undefined,
    moto ? installMoto() : undefined,
  ]);
}

async function installPackages() {
  if (packagesAreCurrent()) return;
  await step('npm packages', () => run('npm', ['ci'], { cwd: ROOT }));
}

/** What npm says it installed, held against what the lock file asks for. */
function packagesAreCurrent() {
  const installedLock = join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(installedLock)) return false;
  const wanted = readJson(join(ROOT, 'package-lock.json')).packages;
  const installed = readJson(installedLock).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || optional === true || installed[path]?.version === version,
  );
}

async function installCodeServer() {
  const marker = join(CODE_SERVER, 'complete.json');
  if (existsSync(marker) && readJson(marker).version === CODE_SERVER_VERSION) return;
  if (process.platform === 'win32') return; // no build for Windows: test:desktop is the way there
  await step(`VS Code server (code-server ${CODE_SERVER_VERSION})`, async () => {
    rmSync(CODE_SERVER, { recursive: true, force: true });
    mkdirSync(CODE_SERVER, { recursive: true });
    writeFileSync(join(CODE_SERVER, 'package.json'), '{"private":true}');
    // Its own install script insists on one Node version; these are the parts of it we need.
    await run('npm', ['install', `code-server@${CODE_SERVER_VERSION}`, '--ignore-scripts', '--no-save'], {
      cwd: CODE_SERVER,
    });
    const vscode = join(CODE_SERVER, 'node_modules/code-server/lib/vscode');
    await run('npm', ['install', '--omit=dev', '--ignore-scripts'], { cwd: vscode });
    await run('npm', ['rebuild', ...SERVER_NATIVES], { cwd: vscode });
    writeFileSync(marker, JSON.stringify({ version: CODE_SERVER_VERSION }));
  });
}

async function installDebianPackages(names, yes) {
  const missing = names.filter((name) => !isInstalled(DEBIAN_PACKAGES[name]));
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !isInstalled('apt-get')) {
    return cannot(`Some programs are not here. On Debian: sudo ${command}`);
  }
  if (!yes && !(await confirm(`Needed: ${missing.join(', ')}. Install with apt-get?`))) {
    return cannot(`Left out, what needs it will say so: ${command}`);
  }
  await step(`Debian packages ${missing.join(' ')}`, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update'], { env });
    await run('apt-get', command.split(' ').slice(1), { env });
  });
}

async function buildGoPrograms() {
  const markers = join(BIN, 'versions.json');
  const goModOf = ({ folder = GO_FOLDER }) => readFileSync(join(ROOT, folder, 'go.mod'), 'utf8');
  const built = existsSync(markers) ? readJson(markers) : {};
  const missing = Object.entries(GO_PROGRAMS).filter(
    ([name, program]) =>
      !existsSync(join(BIN, name)) || built[name] !== (program.version ?? goModOf(program)),
  );
  if (missing.length === 0) return;
  if (!isInstalled('go')) {
    return cannot(
      `The tests need ${missing.map(([name]) => name).join(', ')}: install Go, then "npm run setup".`,
    );
  }
  mkdirSync(BIN, { recursive: true });
  for (const [name, program] of missing) {
    const { path, version, module, folder = GO_FOLDER, cgo = false, ...rest } = program;
    await step(`${name} (go build)`, async () => {
      const env = { ...process.env, CGO_ENABLED: cgo ? '1' : '0' };
      if (version === undefined) {
        await run('go', ['build', '-o', join(BIN, name), path], { cwd: join(ROOT, folder), env });
      } else if (module === undefined) {
        await goInstall(name, `${path}@${version}`, env);
      } else {
        await buildWithinModule(name, `${module}@${version}`, path, rest, env);
      }
      built[name] = version ?? goModOf(program);
      writeFileSync(markers, JSON.stringify(built));
    });
  }
}

async function buildWithinModule(name, module, path, { tags, files = [] }, env) {
  const cwd = JSON.parse(await run('go', ['mod', 'download', '-json', module])).Dir;
  const flags = ['-mod=readonly', '-tags', tags, '-ldflags', '-s -w'];
  await run('go', ['build', ...flags, '-o', join(BIN, name), path], { cwd, env });
  const target = join(ROOT, '.vscode-test', name);
  rmSync(target, { recursive: true, force: true });
  for (const folder of files) {
    for (const entry of readdirSync(join(cwd, folder), { recursive: true, withFileTypes: true })) {
      // File by file: the folders of Go's cache are read-only, and so would be copies of them.
      const to = join(target, relative(cwd, entry.parentPath));
      mkdirSync(to, { recursive: true });
      if (entry.isFile()) copyFileSync(join(entry.parentPath, entry.name), join(to, entry.name));
    }
  }
}

async function installMoto() {
  const marker = join(MOTO, 'complete.json');
  const wanted = MOTO_PACKAGES.join(' ');
  if (existsSync(marker) && readJson(marker).packages === wanted) return;
  if (!isInstalled('python3')) {
    return cannot('The tests need moto: install Python 3 with venv, then "npm run setup".');
  }
  await step('moto (pip)', async () => {
    rmSync(MOTO, { recursive: true, force: true });
    mkdirSync(MOTO, { recursive: true });
    await run('python3', ['-m', 'venv', MOTO]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...MOTO_PACKAGES];
    await run(join(MOTO, 'bin/python'), pip);
    writeFileSync(marker, JSON.stringify({ packages: wanted }));
  });
}

/** `go install` names a program after its folder; several are called the same. */
async function goInstall(name, program, env) {
  const folder = join(BIN, `${name}.build`);
  await run('go', ['install', program], { env: { ...env, GOBIN: folder } });
  renameSync(join(folder, readdirSync(folder)[0]), join(BIN, name));
  rmSync(folder, { recursive: true });
}

export function isInstalled(file) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const candidates = file.startsWith('/') ? [file] : folders.map((folder) => join(folder, file));
  return candidates.some((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** In CI nothing is left out silently; elsewhere the person is told, and what needs it will say so again. */
function cannot(message) {
  if (inCI) throw new Error(message);
  console.warn(`! ${message}`);
}

/** @returns {Promise<boolean>} false when nobody is there to answer. */
async function confirm(question) {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [Y/n] `);
  terminal.close();
  return /^(y|yes|)$/i.test(answer.trim());
}

async function step(title, action) {
  console.log(`… ${title}`);
  const start = Date.now();
  await action();
  console.log(`✓ ${title} (${Math.round((Date.now() - start) / 1000)} s)`);
}

/** Output is shown only when the command fails. @returns what it printed on standard output. */
async function run(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  child.stdout.on('data', (chunk) => (printed += chunk));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed (${code})\n${output.slice(-8000)}`);
  return printed;
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

if (process.argv[1] === import.meta.filename) {
  await setUp({ yes: inCI || process.argv.includes('--yes') });
  console.log('Set up.');
}
