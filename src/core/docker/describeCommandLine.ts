/** Command lines and output made fit for people and logs: quoted, and without what nobody should read there. */

const SECRET_NAME = /pass|secret|token|key|credential|auth|pwd/i;
const HIDDEN = '***';

/** Quoted as a POSIX shell would want it. Values of build arguments and variables with a telling name are hidden. */
export function describeCommandLine(argv: readonly string[]): string {
  return argv.map((arg) => quote(withoutSecrets(hideValue(arg)))).join(' ');
}

/** Whether the name of a build argument or variable tells that its value is secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Removes user info and queries from URLs, and every occurrence of `secret` (what was written to stdin). */
export function withoutSecrets(text: string, secret?: string): string {
  const cleaned = text
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'?#]+@/gi, `$1${HIDDEN}@`)
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/[^\s"'?]+)\?[^\s"']+/gi, `$1?${HIDDEN}`);
  const word = secret?.trim() ?? '';
  return word === '' ? cleaned : cleaned.replaceAll(word, HIDDEN);
}

function hideValue(arg: string): string {
  const match = /^(--(?:build-arg|env)=)([^=]*)=/.exec(arg);
  return match !== null && isSecretName(match[2]!) ? `${match[1]!}${match[2]!}=${HIDDEN}` : arg;
}

function quote(arg: string): string {
  return /^[\w@%+=:,./*-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;
}
