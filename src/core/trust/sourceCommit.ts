/**
 * The source a provenance names, and the web page of its commit. A link is made only from an https address that
 * parses, on a host whose pages are known: what a build claims must never become an address of another kind.
 */

export interface SourceCommit {
  /** Address of the repository, without user, query and reference: `https://github.com/o/r`. */
  readonly repository: string;
  /** Hexadecimal, where it is told. */
  readonly commit?: string;
  /** Web page of the commit. */
  readonly url?: string;
}

const COMMIT = /^[0-9a-f]{7,64}$/;
/** How makers of forges spell a commit's page, by the host's first labels. */
const FORGES: readonly (readonly [host: RegExp, path: string])[] = [
  [/^github\./, 'commit'],
  [/^(?:gitlab\.|gitlab-)/, '-/commit'],
  [/^bitbucket\.org$/, 'commits'],
  [/^(?:codeberg\.org$|gitea\.|forgejo\.)/, 'commit'],
];

/**
 * @param uri as builders write it: `git+https://github.com/o/r@refs/heads/main`, `https://github.com/o/r.git#v1`.
 * @param commit where it is told apart; one in the fragment counts too.
 * @returns undefined where `uri` is no address of a repository over https.
 */
export function parseSource(uri: string, commit?: string): SourceCommit | undefined {
  if (uri.length > 2_000) return undefined;
  const url = tryParseUrl(uri.replace(/^git\+(?=https:)/, ''));
  if (url?.protocol !== 'https:' || url.hostname === '') return undefined;
  // `@refs/heads/main` at the end is SLSA's way to name a branch.
  const path = url.pathname
    .replace(/@[^/]*(?:\/.*)?$/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  if (path.split('/').length < 3) return undefined;
  const repository = `https://${url.host}${path}`;
  const named = [commit, url.hash.slice(1).split(':')[0], url.searchParams.get('checksum') ?? undefined].find(
    (each) => each !== undefined && COMMIT.test(each),
  );
  if (named === undefined) return { repository };
  const forge = FORGES.find(([host]) => host.test(url.hostname));
  return { repository, commit: named, ...(forge && { url: `${repository}/${forge[1]}/${named}` }) };
}

function tryParseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
