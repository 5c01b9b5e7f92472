/**
 * Takes secrets out of text before it is logged or kept in an error: Authorization values, user info and tokens in
 * URLs, passwords and tokens in JSON and form bodies, and every secret the caller knows. Errs on the side of masking.
 */

const MASK = '***';
/** A known secret shorter than this would mask ordinary words. */
const MIN_KNOWN_SECRET_LENGTH = 4;

/** Names of fields that hold secrets. Bounded repeats keep matching linear on hostile text. */
const SECRET_NAME =
  '[\\w.-]{0,40}(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|signature)[\\w.-]{0,40}|auth|pwd|sig|jwt';

/** In this order: later rules see what earlier ones left. */
const RULES: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // Authorization: Basic xyz · "authorization": "Bearer xyz" · X-Registry-Auth: xyz. Whole value to the end of line or string.
  [
    /\b((?:proxy-)?authorization|x-registry-(?:auth|config)|(?:set-)?cookie)(["']?\s*[:=]\s*["']?)[^"'\r\n]+/gi,
    `$1$2${MASK}`,
  ],
  [/\b(Basic|Bearer|Negotiate|AWS)\s+[A-Za-z0-9+/=._~:-]{8,}/g, `$1 ${MASK}`],
  // https://user:pass@host, and user:pass@host where no scheme is written; but alpine:3.20@sha256:… is a reference.
  [/(:\/\/)[^\s/?#"'<>@]+(?:@[^\s/?#"'<>@]+)*@/g, `$1${MASK}@`],
  [/(^|[\s"'(=])[^\s/?#"'<>@:(=]{1,256}:[^\s/"'<>@]{1,512}@(?!sha(?:256|512):)(?=[\w[])/g, `$1${MASK}@`],
  // "password": "x" · password: 'x' as Node prints objects · \"token\":\"x\" inside a quoted string
  [
    new RegExp(`((["']?)\\b(?:${SECRET_NAME})\\2\\s{0,9}:\\s{0,9}(["']))(?:\\\\.|(?!\\3)[^\\\\\r\n])*`, 'gi'),
    `$1${MASK}`,
  ],
  [
    new RegExp(`(\\\\"(?:${SECRET_NAME})\\\\"\\s{0,9}:\\s{0,9}\\\\")(?:[^"\\\\]|\\\\{3}"|\\\\[^"])*`, 'gi'),
    `$1${MASK}`,
  ],
  // ?token=x&sig=y · password=x in a form body or on a command line · --password x
  [new RegExp(`((?:^|[?&;\\s"'])-{0,2}(?:${SECRET_NAME})=)[^&\\s"'#;]+`, 'gi'), `$1${MASK}`],
  [/(\s--?(?:password|token|secret)\s+)[^\s"']+/gi, `$1${MASK}`],
  // A JSON Web Token or a well-known provider token, wherever it stands.
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, MASK],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|dckr_(?:pat|oat)_|ya29\.)[\w.-]{8,}/g, MASK],
];

/**
 * `text` with everything that looks like a secret, and every occurrence of `knownSecrets` (as given, URL-encoded,
 * base64 alone), replaced by `***`. Known secrets under four characters are left: they would mask ordinary words.
 */
export function redact(text: string, knownSecrets: readonly string[] = []): string {
  let redacted = text;
  for (const form of knownSecrets.filter(isMaskable).flatMap(spellingsOf).sort(longestFirst)) {
    redacted = redacted.replaceAll(form, MASK);
  }
  for (const [pattern, replacement] of RULES) redacted = redacted.replace(pattern, replacement);
  return redacted;
}

function isMaskable(secret: string): boolean {
  return secret.length >= MIN_KNOWN_SECRET_LENGTH;
}

function spellingsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret.toWellFormed()),
    Buffer.from(secret).toString('base64'),
    JSON.stringify(secret).slice(1, -1),
  ];
}

function longestFirst(a: string, b: string): number {
  return b.length - a.length;
}
