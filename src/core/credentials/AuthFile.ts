/**
 * One credential file: Docker's `config.json` or Podman's `auth.json`. Finds the entry and the helper for exactly the
 * registry asked for. Sources: docker/cli config file; containers-auth.json(5).
 */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { CoreError } from '../common/CoreError.ts';
import { jsonProblemLine } from '../common/jsonProblemLine.ts';
import type { Credential, CredentialRequest } from './CredentialStore.ts';
import { toCredential } from './credentialOf.ts';
import { parseRegistryKey } from './registryKey.ts';

const text = v.nullish(v.string(), '');

const entrySchema = v.object({
  auth: text,
  username: text,
  password: text,
  identitytoken: text,
  registrytoken: text,
});

const fileSchema = v.object({
  auths: v.nullish(v.record(v.string(), v.nullish(entrySchema)), {}),
  credHelpers: v.nullish(v.record(v.string(), v.string()), {}),
  credsStore: text,
});

type AuthEntry = v.InferOutput<typeof entrySchema>;

/** A key of the file and who it is for, without its secret. */
export interface AuthFileKey {
  readonly key: string;
  readonly username?: string;
}

export class AuthFile {
  /** Path of the file, or the name of the variable that holds it; for errors. */
  readonly origin: string;
  readonly #content: v.InferOutput<typeof fileSchema>;

  private constructor(origin: string, content: v.InferOutput<typeof fileSchema>) {
    this.origin = origin;
    this.#content = content;
  }

  /** Undefined when there is no such file. @throws CoreError `disk` (unreadable), else as `parse`. */
  static async read(path: string): Promise<AuthFile | undefined> {
    try {
      return AuthFile.parse(await readFile(path, 'utf8'), path);
    } catch (error) {
      if (error instanceof CoreError) throw error;
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new CoreError('disk', `cannot read ${path}: ${code}`, {
        operation: 'read credentials',
        reason: 'credentialFileUnreadable',
        subject: path,
        code,
      });
    }
  }

  /** @throws CoreError `invalidInput` with reason `credentialFileBroken`, `subject` the origin; nothing of the content. */
  static parse(json: string, origin: string): AuthFile {
    let document: unknown;
    try {
      const trimmed = json.trim(); // a byte order mark too, which Windows' editors leave
      document = trimmed === '' ? {} : JSON.parse(trimmed);
    } catch {
      throw broken(origin, 'it is not valid JSON', jsonProblemLine(json.replace(/^\uFEFF/, ''))); // no cause: the message of JSON.parse quotes the text
    }
    const result = v.safeParse(fileSchema, document);
    if (result.success) return new AuthFile(origin, result.output);
    throw broken(origin, `its field ${v.getDotPath(result.issues[0]) ?? '(root)'} has the wrong type`);
  }

  /** The helper for a registry: its own, else the store for all. Undefined: credentials are in the file itself. */
  helperFor(key: string): string | undefined {
    const { registry } = parseRegistryKey(key);
    const own = Object.entries(this.#content.credHelpers).find(([candidate]) => {
      const parsed = parseRegistryKey(candidate);
      return parsed.registry === registry && parsed.path === '';
    });
    // An empty name of its own exempts a registry from the store for all.
    return (own ? own[1] : this.#content.credsStore) || undefined;
  }

  /** The helper for every registry that has none of its own. */
  get credsStore(): string | undefined {
    return this.#content.credsStore || undefined;
  }

  /** Registries with a helper of their own, by key. */
  get credHelpers(): Readonly<Record<string, string>> {
    return this.#content.credHelpers;
  }

  /**
   * The credential in the file: keys may be limited to a path, then the longest that holds the repository wins.
   * @throws CoreError `invalidInput` when the entry cannot be decoded.
   */
  find({ key, repository = '' }: CredentialRequest): Credential | undefined {
    const { registry } = parseRegistryKey(key);
    const candidates = Object.entries(this.#content.auths)
      .map(([written, entry]) => ({ written, entry, parsed: parseRegistryKey(written) }))
      .filter(({ parsed }) => parsed.registry === registry && holds(parsed.path, repository))
      // Of two spellings of one key the one that was asked for comes first.
      .sort(
        (a, b) => b.parsed.path.length - a.parsed.path.length || rank(a.written, key) - rank(b.written, key),
      );
    for (const { written, entry } of candidates) {
      const credential = entry && this.#credentialOf(written, entry);
      if (credential) return credential;
    }
    return undefined;
  }

  /** Every entry that holds a credential, with its user name. Entries that cannot be decoded are left out. */
  listKeys(): AuthFileKey[] {
    return Object.entries(this.#content.auths).flatMap(([key, entry]) => {
      if (!entry) return [];
      try {
        const credential = this.#credentialOf(key, entry);
        if (credential === undefined) return [];
        return 'username' in credential ? [{ key, username: credential.username }] : [{ key }];
      } catch {
        return [];
      }
    });
  }

  #credentialOf(key: string, entry: AuthEntry): Credential | undefined {
    const { username, password } = entry.auth === '' ? entry : this.#decode(key, entry.auth);
    if (entry.registrytoken !== '') return { kind: 'bearer', token: entry.registrytoken };
    if (entry.identitytoken !== '') {
      return { kind: 'identityToken', token: entry.identitytoken, ...(username !== '' && { username }) };
    }
    return toCredential(username, password);
  }

  /** base64 of `user:password`; a password may hold colons. */
  #decode(key: string, auth: string): { username: string; password: string } {
    const decoded = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
    const colon = decoded.indexOf(':');
    if (colon <= 0 || decoded.includes('\uFFFD'))
      throw broken(this.origin, `the auth of ${key} is not base64 of user:password`);
    return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
  }
}

function holds(path: string, repository: string): boolean {
  return path === '' || repository === path || repository.startsWith(`${path}/`);
}

function rank(written: string, asked: string): number {
  return written === asked ? 0 : written.includes('://') ? 2 : 1;
}

function broken(origin: string, why: string, line?: number): CoreError {
  return new CoreError('invalidInput', `cannot use the credentials in ${origin}: ${why}`, {
    operation: 'read credentials',
    reason: 'credentialFileBroken',
    subject: origin,
    ...(line !== undefined && { line }),
  });
}
