/** A registry the user added, as it stands in the `berth.connections` setting. Secrets are elsewhere (SecretCredentials). */
import { l10n } from 'vscode';
import * as v from 'valibot';
import type { PathStyle } from '../core/registry/RegistryEndpoint.ts';

/** Where credentials come from: the CLIs, the secret storage, nowhere, an account of VS Code, AWS, Google Cloud. */
const AUTH_KINDS = ['docker', 'password', 'anonymous', 'github', 'microsoft', 'aws', 'google'] as const;

export type AuthKind = (typeof AUTH_KINDS)[number];

/** Without a user name, which would bring a password along. */
const HTTP_ADDRESS = /^https?:\/\/[^@\s]+$/i;

const connectionSchema = v.object({
  name: v.optional(v.string()),
  url: v.pipe(v.string(), v.regex(HTTP_ADDRESS)),
  provider: v.optional(v.string()),
  pathStyle: v.optional(v.picklist(['api', 'namespace'] satisfies PathStyle[])),
  auth: v.optional(v.picklist(AUTH_KINDS)),
  profile: v.optional(v.string()),
  region: v.optional(v.string()),
  tenant: v.optional(v.string()),
  resourceId: v.optional(v.string()),
  apiUrl: v.optional(v.pipe(v.string(), v.regex(HTTP_ADDRESS))),
  username: v.optional(v.string()),
  repositories: v.optional(v.array(v.string())),
  allowInsecureHttp: v.optional(v.boolean()),
  allowBlocked: v.optional(v.boolean()),
  trustedFingerprint256: v.optional(v.string()),
  caFile: v.optional(v.string()),
  clientCertFile: v.optional(v.string()),
  clientKeyFile: v.optional(v.string()),
  localContainer: v.optional(v.string()),
});

/** One entry of the setting, exactly as written there. */
export type ConnectionSetting = v.InferOutput<typeof connectionSchema>;

export interface Connection extends ConnectionSetting {
  /** Derived from URL and user, so that two users or prefixes on one host are two connections. */
  readonly id: string;
  readonly name: string;
  readonly auth: AuthKind;
  readonly repositories: string[];
}

/** An entry that cannot be used; shown as a node so that nothing disappears. */
export interface InvalidConnection {
  readonly id: string;
  readonly problem: string;
}

/** `url` plus user or profile: what makes a connection the same connection. */
export function connectionId(setting: Pick<ConnectionSetting, 'url' | 'username' | 'profile'>): string {
  const url = setting.url.replace(/\/+$/, '').toLowerCase();
  const who = setting.username ?? setting.profile;
  return who ? `${url}#${who}` : url;
}

/** Whether `text` can stand in a connection as `apiUrl`. */
export function isApiUrl(text: string): boolean {
  return HTTP_ADDRESS.test(text) && URL.canParse(text);
}

/** Reads one entry of the setting; `index` names it when it is broken. */
export function parseConnection(entry: unknown, index: number): Connection | InvalidConnection {
  const result = v.safeParse(connectionSchema, entry);
  if (!result.success) {
    const path = v.getDotPath(result.issues[0]);
    return {
      id: `invalid:${index}`,
      problem: path
        ? l10n.t('"{0}" is missing or not valid', path)
        : l10n.t('an entry is an object with a "url"'),
    };
  }
  const setting = result.output;
  return {
    ...setting,
    id: connectionId(setting),
    name: setting.name?.trim() || setting.url.replace(/^https?:\/\//i, '').replace(/\/+$/, ''),
    auth: setting.auth ?? 'docker',
    repositories: setting.repositories ?? [],
  };
}

export function isInvalidConnection(
  connection: Connection | InvalidConnection,
): connection is InvalidConnection {
  return 'problem' in connection;
}
