/**
 * What Podman, Buildah and Skopeo were told about registries: `registries.conf` and its drop-ins. Read anew for every
 * question. Source: containers-registries.conf(5), containers/image pkg/sysregistriesv2. Aliases of short names are left out.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { CoreError, isCoreError } from '../common/CoreError.ts';
import type { CredentialEnvironment } from './CredentialEnvironment.ts';

export interface RegistryRule {
  /** `host[:port]`, with a path for a namespace or repository, or `*.example.com`. What references begin with. */
  readonly prefix: string;
  /** Where Podman really goes, in the same form; '' where a wildcard says nothing else. */
  readonly location: string;
  /** Podman may use http, or https with any certificate. */
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrors: readonly RegistryMirror[];
  /** The file that says so. */
  readonly file: string;
}

export interface RegistryMirror {
  readonly location: string;
  readonly insecure: boolean;
  readonly pulls: 'all' | 'digest-only' | 'tag-only';
}

export interface RegistriesConf {
  /** One a prefix: a later file replaces what an earlier one says. */
  readonly rules: readonly RegistryRule[];
  /** Where short names are looked for, in order. */
  readonly searchRegistries: readonly string[];
  /** The file that names them. */
  readonly searchFile?: string;
  /** What could not be read; the rest holds. */
  readonly failures: readonly CoreError[];
}

const flag = v.nullish(v.boolean(), false);
const place = v.nullish(v.string(), '');
const names = v.nullish(v.array(v.string()));

const mirrorSchema = v.object({
  location: v.string(),
  insecure: flag,
  'pull-from-mirror': v.nullish(v.picklist(['all', 'digest-only', 'tag-only']), 'all'),
});

const registrySchema = v.object({
  prefix: place,
  location: place,
  insecure: flag,
  blocked: flag,
  'mirror-by-digest-only': flag,
  mirror: v.nullish(v.array(mirrorSchema), []),
});

const fileSchema = v.object({
  'unqualified-search-registries': names,
  registry: v.nullish(v.array(v.unknown()), []),
  /** The format before 2. */
  registries: v.nullish(
    v.object({
      search: v.nullish(v.object({ registries: names })),
      insecure: v.nullish(v.object({ registries: names })),
      block: v.nullish(v.object({ registries: names })),
    }),
  ),
});

type RegistryTable = v.InferOutput<typeof registrySchema>;

/** Never throws: what fails is in `failures`. */
export async function readRegistriesConf(environment: CredentialEnvironment): Promise<RegistriesConf> {
  const rules = new Map<string, RegistryRule>();
  const failures: CoreError[] = [];
  let searchRegistries: readonly string[] = [];
  let searchFile: string | undefined;
  for (const file of await registriesConfFiles(environment)) {
    try {
      const content = await readFileOf(file, failures);
      if (!content) continue;
      for (const rule of content.rules) rules.set(rule.prefix, rule);
      if (content.searchRegistries) {
        searchRegistries = content.searchRegistries;
        searchFile = file;
      }
    } catch (error) {
      if (!isCoreError(error)) throw error;
      failures.push(error);
    }
  }
  return {
    rules: [...rules.values()],
    searchRegistries,
    ...(searchFile !== undefined && { searchFile }),
    failures,
  };
}

/**
 * The rule with the longest prefix that `reference` (`host[:port]` or `host/namespace/…`) is under.
 * A wildcard holds for subdomains only.
 */
export function findRegistryRule(
  rules: readonly RegistryRule[],
  reference: string,
): RegistryRule | undefined {
  return rules
    .filter(({ prefix }) => isUnder(reference, prefix))
    .sort((a, b) => lengthOf(b.prefix) - lengthOf(a.prefix))[0];
}

/** A name that is written out is closer than a wildcard. */
function lengthOf(prefix: string): number {
  return prefix.replace(/^\*/, '').length;
}

function isUnder(reference: string, prefix: string): boolean {
  if (!prefix.startsWith('*.')) return reference === prefix || reference.startsWith(`${prefix}/`);
  const [host = ''] = reference.split('/');
  return host.replace(/:\d+$/, '').endsWith(prefix.slice(1)) || host.endsWith(prefix.slice(1));
}

/** In the order they are read. The user's file stands in place of the system's, its drop-ins too. */
async function registriesConfFiles({ env, homeDir }: CredentialEnvironment): Promise<string[]> {
  const userFolder = join(env['XDG_CONFIG_HOME'] || join(homeDir, '.config'), 'containers');
  const [system, user] = ['/etc/containers', userFolder].map((folder) => join(folder, 'registries.conf'));
  const named = env['CONTAINERS_REGISTRIES_CONF'] || env['REGISTRIES_CONFIG_PATH'];
  const hasUserFile = !named && (await list(userFolder)).includes('registries.conf');
  return [
    named || (hasUserFile ? user! : system!),
    ...(hasUserFile ? [] : await dropIns(`${system}.d`)),
    ...(await dropIns(`${user}.d`)),
  ];
}

async function dropIns(folder: string): Promise<string[]> {
  const found = (await list(folder)).filter((name) => name.endsWith('.conf')).sort();
  return found.map((name) => join(folder, name));
}

function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Undefined where there is no such file. @throws CoreError; single tables that cannot be used go to `failures`. */
async function readFileOf(
  file: string,
  failures: CoreError[],
): Promise<{ rules: RegistryRule[]; searchRegistries: readonly string[] | undefined } | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new CoreError('disk', `cannot read ${file}: ${code}`, {
      operation: 'read configuration',
      subject: file,
      code,
    });
  });
  if (text === undefined) return undefined;
  const parsed = v.safeParse(fileSchema, await parseToml(text, file));
  if (!parsed.success) throw configFileBroken(file);
  const { registry, registries: old, 'unqualified-search-registries': search } = parsed.output;
  const tables = registry.flatMap((table): RegistryTable[] => {
    const { success, output } = v.safeParse(registrySchema, table);
    if (success && (output.location || output.prefix)) return [output];
    failures.push(configFileBroken(file));
    return [];
  });
  return {
    rules: [...tables.map((table) => toRule(table, file)), ...oldRules(old, file)],
    searchRegistries: (search ?? old?.search?.registries)?.map(tidy),
  };
}

function toRule(table: RegistryTable, file: string): RegistryRule {
  const [prefix, location] = [tidy(table.prefix), tidy(table.location)];
  return {
    prefix: prefix || location,
    location: location || (prefix.startsWith('*.') ? '' : prefix),
    insecure: table.insecure,
    blocked: table.blocked,
    mirrors: table.mirror.map((mirror) => ({
      location: tidy(mirror.location),
      insecure: mirror.insecure,
      pulls: table['mirror-by-digest-only'] ? 'digest-only' : mirror['pull-from-mirror'],
    })),
    file,
  };
}

function oldRules(old: v.InferOutput<typeof fileSchema>['registries'], file: string): RegistryRule[] {
  const insecure = new Set(old?.insecure?.registries?.map(tidy));
  const blocked = new Set(old?.block?.registries?.map(tidy));
  return [...new Set([...insecure, ...blocked])].map((location) => ({
    prefix: location,
    location,
    insecure: insecure.has(location),
    blocked: blocked.has(location),
    mirrors: [],
    file,
  }));
}

/** Hosts are the same in any case, and a slash at the end says nothing. */
function tidy(written: string): string {
  const [host = '', ...path] = written.trim().replace(/\/+$/, '').split('/');
  return [host.toLowerCase(), ...path].join('/');
}

async function parseToml(text: string, file: string): Promise<unknown> {
  const { parse, TomlError } = await import('smol-toml');
  try {
    return parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw configFileBroken(file, error instanceof TomlError ? error.line : undefined);
  }
}

/** The error for a configuration that is not what it should be; nothing of its content. */
export function configFileBroken(file: string, line?: number): CoreError {
  return new CoreError(
    'invalidInput',
    `${file} cannot be used${line === undefined ? '' : `: line ${line}`}`,
    {
      reason: 'configFileBroken',
      subject: file,
      ...(line !== undefined && { line }),
    },
  );
}
