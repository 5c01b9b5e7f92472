/**
 * What a failed docker or podman run means. The one place that reads the CLI's words: everything else looks at
 * `kind` and `details.reason`. Rules stand in order of precedence and look only at what the CLI itself says, not at
 * what a build step printed.
 */
import { CoreError } from '../common/CoreError.ts';
import type { ErrorKind } from '../common/CoreError.ts';
import { toDisplayText } from '../common/displayText.ts';

export interface Failure {
  /** `docker push`. */
  readonly operation: string;
  /** Null when a signal ended the process. */
  readonly exitCode: number | null;
  readonly exitSignal: NodeJS.Signals | null;
  /** Both without secrets. */
  readonly stdout: string;
  readonly stderr: string;
}

type Rule = readonly [pattern: RegExp, kind: ErrorKind, reason: string];

const RULES: readonly Rule[] = [
  [
    /executor failed running|building at STEP .*: exit status \d+|did not complete successfully: exit code|returned a non-zero code/i,
    'dockerFailed',
    'buildStepFailed',
  ],

  [
    /permission denied while trying to connect|dial unix \S+: connect: permission denied/i,
    'dockerUnreachable',
    'permissionDenied',
  ],
  [
    /context "?[^"\s]*"?:? (?:context )?(?:not found|does not exist)|unable to resolve docker endpoint/i,
    'dockerUnreachable',
    'contextNotFound',
  ],
  [
    /cannot connect to the docker daemon|failed to connect to the docker api|error during connect|is the docker daemon running|docker desktop is (?:not running|unable to start)|(?:cannot|unable to) connect to podman/i,
    'dockerUnreachable',
    'daemonNotRunning',
  ],

  [
    /buildx component is missing|'buildx' is not a docker command|unknown command: docker buildx|unknown command "buildx"/i,
    'unsupported',
    'buildxMissing',
  ],
  [
    /multi-platform build is not supported|multiple platforms feature is currently not supported/i,
    'unsupported',
    'multiPlatformNeedsBuilder',
  ],
  [/does not currently support exporting manifest lists/i, 'unsupported', 'multiPlatformCannotLoad'],
  [/no builder "?[^"]*"? found|failed to find builder/i, 'notFound', 'builderUnknown'],

  [/server gave HTTP response to HTTPS client/i, 'tls', 'httpResponseToHttpsClient'],
  [/signed by unknown authority|certificate is not trusted/i, 'tls', 'unknownAuthority'],
  [/certificate has expired or is not yet valid/i, 'tls', 'expired'],
  [
    /certificate is (?:not )?valid for|doesn't contain any (?:IP )?SANs|certificate is not valid for any names/i,
    'tls',
    'wrongName',
  ],
  [/x509:|tls: /i, 'tls', 'handshake'],

  [/toomanyrequests|pull rate limit|too many requests/i, 'rateLimited', 'tooManyRequests'],
  [
    /error (?:getting|storing|saving|erasing) credentials|docker-credential-/i,
    'credentialHelper',
    'helperFailed',
  ],
  [/no basic auth credentials/i, 'unauthorized', 'noCredentials'],
  [
    /incorrect username or password|401 Unauthorized|unauthorized: invalid|invalid username\/password/i,
    'unauthorized',
    'wrongCredentials',
  ],
  [
    /repository does not exist or may require|insufficient_scope|access to the resource is denied|(?:^|[\s:])denied:|403 Forbidden|permission_denied/im,
    'unauthorized',
    'accessDenied',
  ],
  [/authentication required|unauthorized/i, 'unauthorized', 'authenticationRequired'],

  [/port is already allocated|address already in use|ports are not available/i, 'conflict', 'portTaken'],
  [
    /container name "?[^"]*"? is already in use|name "?[^"]*"? is in use|that name is already in use/i,
    'conflict',
    'containerNameTaken',
  ],
  [/volume is in use/i, 'conflict', 'volumeInUse'],
  [/image is referenced in multiple repositories/i, 'conflict', 'imageHasSeveralTags'],
  [/has dependent child images/i, 'conflict', 'imageHasChildren'],
  [
    /unable to (?:remove repository reference|delete)|image (?:is )?(?:in use|used) by/i,
    'conflict',
    'imageInUse',
  ],
  [/tag .*(?:is immutable|already exists in)|immutable tag/i, 'conflict', 'tagImmutable'],

  [/no space left on device|not enough space on the disk/i, 'disk', 'diskFull'],

  [
    /no matching manifest for|does not match the specified platform|image operating system .* cannot be used/i,
    'notFound',
    'platformUnavailable',
  ],
  [/name unknown|repository name not known|repository .* not found/i, 'notFound', 'repositoryUnknown'],
  [/manifest unknown|manifest for .* not found/i, 'notFound', 'manifestUnknown'],
  [
    /no such image|does not exist locally with the tag|tag does not exist:|image not known/i,
    'notFound',
    'imageUnknown',
  ],
  [/no such container|no container with name or ID/i, 'notFound', 'containerUnknown'],
  [/no such volume|no volume with name/i, 'notFound', 'volumeUnknown'],

  [/invalid reference format|invalid tag "|repository name must be/i, 'invalidInput', 'reference'],
  [/dockerfile parse error|unknown instruction/i, 'dockerFailed', 'dockerfileSyntax'],
  [
    /failed to read dockerfile|cannot locate specified Dockerfile|symlinks in Dockerfile path/i,
    'dockerFailed',
    'dockerfileMissing',
  ],
  [/unable to prepare context|context must be a directory/i, 'dockerFailed', 'contextMissing'],
  [/target stage .* could not be found|failed to reach build target/i, 'dockerFailed', 'targetUnknown'],
  [
    /file not found in build context|building at STEP .*no such file or directory|failed to (?:compute cache key|calculate checksum).*not found/i,
    'dockerFailed',
    'fileNotInContext',
  ],

  [/connection refused/i, 'connectionRefused', 'connectionRefused'],
  [/no such host|server misbehaving/i, 'hostNotFound', 'hostNotFound'],
  [/connection reset by peer|unexpected EOF/i, 'connectionReset', 'connectionReset'],
  [/i\/o timeout|handshake timeout|deadline exceeded|Client\.Timeout/i, 'connectTimeout', 'connectTimeout'],

  [/unknown (?:shorthand )?flag|unknown command|is not a docker command/i, 'unsupported', 'cliTooOld'],
];

const TAIL_CHARACTERS = 4_000;

/** Turns a non-zero exit into the CoreError that says why; `details.output` is the tail of what was printed. */
export function classifyFailure(failure: Failure): CoreError {
  const { operation, exitCode, exitSignal, stdout, stderr } = failure;
  const statement = ownWords(stderr) || ownWords(stdout);
  const [, kind, reason] = RULES.find(([pattern]) => pattern.test(statement)) ?? [
    undefined,
    'dockerFailed' as const,
    exitSignal === null ? undefined : 'killed',
  ];
  const ending = exitCode === null ? `by ${exitSignal ?? 'a signal'}` : `with exit code ${exitCode}`;
  return new CoreError(kind, `${operation} ended ${ending}`, {
    operation,
    ...(reason === undefined ? {} : { reason }),
    ...(exitCode === null ? {} : { exitCode }),
    output: toDisplayText([stdout, stderr].filter(Boolean).join('\n').slice(-TAIL_CHARACTERS)).trim(),
  });
}

/**
 * The CLI's own last lines: BuildKit's progress (`#4 …`, rawjson), the excerpt of a failed step's log between rules
 * of dashes, and what a step of the classic builder wrote to stderr (red) are someone else's words.
 */
function ownWords(text: string): string {
  return text
    .replace(/\u001B\[91m[\s\S]*?\u001B\[0m/g, '')
    .replace(/^-{6}\r?\n[\s\S]*?^-{6}$/gm, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !/^(?:#\d+ |\{)/.test(line))
    .slice(-12)
    .join('\n');
}
