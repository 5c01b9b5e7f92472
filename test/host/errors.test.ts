/** Every error in words a person can use: whatever its kind, its reason and what is known about it. */
import * as assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoreError, type ErrorDetails, type ErrorKind } from '../../src/core/common/CoreError.ts';
import { actionLabel, wordError } from '../../src/platform/wordError.ts';

/** The type keeps the list complete. The reasons named with a kind are worded for themselves. */
const REASONS: Record<ErrorKind, readonly string[]> = {
  cancelled: [],
  invalidInput: [
    'emptyTag',
    'hasScheme',
    'badTag',
    'badDigest',
    'folderMissing',
    'argumentsTooLong',
    'reference',
    'credentialFileBroken',
    'configFileBroken',
  ],
  hostNotFound: [],
  connectionRefused: [],
  connectTimeout: [],
  connectionReset: [],
  timeout: ['registryNotAnswering'],
  tls: [
    'unknownAuthority',
    'selfSigned',
    'expired',
    'notYetValid',
    'nameMismatch',
    'wrongName',
    'pinMismatch',
    'revoked',
    'badCertificateFile',
    'clientCertificateRequired',
    'clientCertificateRefused',
    'handshakeRefused',
    'clientFileMissing',
    'clientFileUnreadable',
    'clientFileNotPem',
    'clientFileRelative',
    'clientKeyMissing',
    'clientCertificateMissing',
    'clientKeyMismatch',
    'clientKeyEncrypted',
    'clientKeyPassphrase',
    'clientCertificateExpired',
    'caFileMissing',
    'caFileUnreadable',
    'caFileNotPem',
    'caFileRelative',
    'handshake',
    'httpResponseToHttpsClient',
    'insecureHttpNotAllowed',
  ],
  proxy: ['proxyAuthentication', 'proxyCannotReach', 'proxyUrl', 'connectionRefused'],
  notARegistry: [],
  unauthorized: [
    'noChallenge',
    'noCredentials',
    'credentialsRefused',
    'unknownChallenge',
    'anonymousRefused',
    'wrongCredentials',
    'accessDenied',
    'azureAccountRefused',
    'profileMissing',
    'ssoExpired',
    'noAwsCredentials',
    'awsCredentialsRefused',
    'noApplicationDefaultCredentials',
    'googleCredentialsRefused',
    'googleKeyRefused',
  ],
  forbidden: [
    'untrustedWorkspace',
    'blockedByConfiguration',
    'missingScope',
    'ssoRequired',
    'missingPermission',
    'packagesHidden',
    'missingRole',
    'tagLocked',
    'imageLocked',
    'repositoryLocked',
  ],
  notFound: [
    'imageUnknown',
    'platformUnavailable',
    'builderUnknown',
    'containerUnknown',
    'volumeUnknown',
    'noConnection',
    'garbageCollected',
    'repositoryKeyUnknown',
  ],
  unsupported: [
    'deleteDisabled',
    'tagDelete',
    'noCatalog',
    'buildxMissing',
    'multiPlatformNeedsBuildx',
    'multiPlatformNeedsBuilder',
    'multiPlatformCannotLoad',
    'cliTooOld',
    'legacyManifest',
    'takesSiblings',
    'noFiles',
    'noLayers',
  ],
  rateLimited: [],
  serverError: [],
  redirectRefused: [
    'tooManyRedirects',
    'httpsDowngrade',
    'privateAddress',
    'metadataAddress',
    'streamedBody',
  ],
  realmRefused: ['otherHost', 'httpsDowngrade', 'metadataAddress', 'privateAddress'],
  tokenFailed: ['tokenRedirect', 'tokenStatus', 'tokenTooLarge', 'badTokenReply'],
  protocol: [],
  digestMismatch: [],
  sizeMismatch: [],
  tooLarge: [],
  conflict: [
    'portTaken',
    'containerNameTaken',
    'imageInUse',
    'imageHasSeveralTags',
    'imageHasChildren',
    'volumeInUse',
    'tagImmutable',
    'tagExists',
  ],
  credentialHelper: ['helperMissing', 'timeout'],
  dockerMissing: [],
  dockerUnreachable: ['permissionDenied', 'contextNotFound'],
  dockerFailed: [
    'buildStepFailed',
    'dockerfileSyntax',
    'dockerfileMissing',
    'contextMissing',
    'fileNotInContext',
    'targetUnknown',
    'containerExited',
    'killed',
    'unreadableOutput',
  ],
  disk: ['diskFull'],
};
const KINDS = Object.keys(REASONS) as ErrorKind[];

/** Beside the bundle lies nothing of src: the path is the source's own. */
const ROOT = join(import.meta.dirname, '../..');

/** Every word in quotes in the sources that make and word errors: all reasons are among them, and others do no harm. */
function reasonsInSource(): string[] {
  const words = new Set(Object.values(REASONS).flat());
  for (const file of globSync('src/{core,platform}/**/*.ts', { cwd: ROOT })) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const places = text.matchAll(/'([a-z][a-zA-Z]{3,39})'/g);
    for (const [, word] of places) words.add(word!);
  }
  return [...words];
}

const FULL: ErrorDetails = {
  host: 'registry.example:5000',
  operation: 'list tags',
  subject: 'samples/app',
  status: 418,
  code: 'DENIED',
  registryMessage: 'no such luck',
  retryAfterSeconds: 30,
  otherHost: 'other.example',
  fingerprint256: 'AB:CD',
  exitCode: 1,
  output: 'first line\nlast line',
  line: 7,
};

const HOSTILE_TEXT = '\u001b[31m\u202Eevil\u200B\r\n\u0007[click](command:evil) <img src=x>';
const long = HOSTILE_TEXT.repeat(100);
const HOSTILE: ErrorDetails = {
  host: HOSTILE_TEXT,
  operation: HOSTILE_TEXT,
  subject: long,
  code: HOSTILE_TEXT,
  registryMessage: long,
  otherHost: HOSTILE_TEXT,
  output: long,
};

const DETAILS: Readonly<Record<string, ErrorDetails>> = {
  'nothing else known': {},
  'all known': FULL,
  'of docker': { ...FULL, operation: 'docker push' },
  'from a hostile registry': HOSTILE,
};

const UNFINISHED = [
  /undefined|null|NaN|\[object|\{\d\}|""|“”/,
  / {2}| [.,:]|\(\)|: ?$/,
  /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B-\u200F\u202A-\u202E\u2066-\u2069]/,
];

describe('An error in words', () => {
  const reasons = [undefined, ...reasonsInSource()];

  it('repeats what Docker said went wrong, not where its help is', () => {
    const output =
      "docker: Error response from daemon: no such luck.\n\nRun 'docker run --help' for more information";
    const { message } = wordError(new CoreError('dockerFailed', 'docker run', { output }));
    assert.match(message, /no such luck/);
    assert.doesNotMatch(message, /--help/);
  });

  it('has reasons in the sources to be asked about', () => {
    for (const known of ['garbageCollected', 'helperMissing', 'daemonNotRunning', 'siblingsUnknown']) {
      assert.ok(reasons.includes(known), known);
    }
  });

  for (const [situation, details] of Object.entries(DETAILS)) {
    it(`is whole, short and safe to show, with one action, for every kind and reason: ${situation}`, () => {
      const bad = new Set<string>();
      for (const kind of KINDS) {
        for (const reason of reasons) {
          const error = new CoreError(kind, `${kind} failed`, { ...details, ...(reason && { reason }) });
          const { summary, message, action } = wordError(error);
          const isGood =
            summary.length > 2 &&
            summary.length <= 40 &&
            message.length > 8 &&
            message.length <= 600 &&
            actionLabel(action).length > 2 &&
            !UNFINISHED.some((pattern) => pattern.test(`${summary}\n${message}`));
          if (!isGood) bad.add(`${kind}/${reason ?? '-'}: ${summary} | ${message}`);
        }
      }
      assert.deepEqual([...bad], []);
    });
  }

  it('says more than its kind where the reason is known', () => {
    for (const kind of KINDS) {
      const general = wordError(new CoreError(kind, 'x', { ...FULL, fingerprint256: '' })).message;
      for (const reason of REASONS[kind]) {
        const error = new CoreError(kind, 'x', { ...FULL, fingerprint256: '', reason });
        assert.notEqual(wordError(error).message, general, `${kind}/${reason}`);
      }
    }
  });

  it('names what was attempted, on what, the host and the answer', () => {
    const { message } = wordError(new CoreError('forbidden', 'x', FULL));
    assert.equal(
      message,
      'Could not list tags (samples/app). The account you are signed in with has no permission for this on registry.example:5000. It answered: "no such luck".',
    );
  });

  it('names the certificate file that was left out', () => {
    const details = { ...FULL, reason: 'unknownAuthority', unusedFile: '/etc/certs.d/x/ca.crt (EACCES)' };
    const { message, action } = wordError(new CoreError('tls', 'x', details));
    assert.match(message, / \/etc\/certs\.d\/x\/ca\.crt \(EACCES\) is there for it but cannot be used\.$/);
    assert.equal(action, 'trustCertificate');
  });

  it('offers the step that helps', () => {
    const actionOf = (kind: ErrorKind, reason?: string) =>
      wordError(new CoreError(kind, 'x', { ...FULL, ...(reason && { reason }) })).action;
    assert.equal(actionOf('unauthorized'), 'signIn');
    assert.equal(actionOf('tls', 'unknownAuthority'), 'trustCertificate');
    assert.equal(actionOf('tls', 'insecureHttpNotAllowed'), 'editConnection');
    assert.equal(actionOf('tls', 'clientCertificateRequired'), 'chooseClientCertificate');
    assert.equal(actionOf('tls', 'clientKeyEncrypted'), 'enterPassphrase');
    assert.equal(actionOf('tls', 'caFileMissing'), 'editConnection');
    assert.equal(actionOf('unsupported', 'noCatalog'), 'pinRepository');
    assert.equal(actionOf('proxy', 'proxyAuthentication'), 'openProxySettings');
    assert.equal(actionOf('dockerMissing'), 'openDockerSettings');
    assert.equal(actionOf('dockerUnreachable'), 'selectDockerContext');
    assert.equal(actionOf('forbidden', 'blockedByConfiguration'), 'allowBlocked');
    assert.equal(actionOf('forbidden', 'untrustedWorkspace'), 'manageTrust');
  });

  const inCloud: readonly (readonly [ErrorKind, ErrorDetails, RegExp])[] = [
    [
      'forbidden',
      { reason: 'missingRole', missing: 'AcrDelete', host: 'mine.azurecr.io' },
      /"AcrDelete" on mine\.azurecr\.io.*az role assignment create --assignee USER --role AcrDelete .*--name mine /,
    ],
    [
      'forbidden',
      { reason: 'tagLocked', host: 'mine.azurecr.io', subject: 'team/app:1.0' },
      /The tag is locked.*az acr repository update --name mine --image team\/app:1\.0 --delete-enabled true --write-enabled true/,
    ],
    [
      'forbidden',
      { reason: 'imageLocked', host: 'mine.azurecr.io', subject: 'team/app:1.0' },
      /locked by its digest.*--image team\/app@DIGEST/,
    ],
    [
      'forbidden',
      { reason: 'repositoryLocked', host: 'mine.azurecr.io', subject: 'team/app:1.0' },
      /whole repository is locked.*--repository team\/app /,
    ],
    [
      'unsupported',
      { code: 'REGISTRY_DISALLOWED_OPERATION', host: 'mine.azurecr.io', subject: 'team/app:1.0' },
      /is locked.*az acr repository show --name mine --repository team\/app/,
    ],
    ['unauthorized', { reason: 'credentialsRefused', host: 'mine.azurecr.cn' }, /az acr login --name mine"/],
    ['unauthorized', { reason: 'azureAccountRefused', host: 'mine.azurecr.io' }, /directory.*AcrPull/],
    ['unauthorized', { reason: 'profileMissing', missing: 'work' }, /"work".*aws configure --profile work/],
    ['unauthorized', { reason: 'ssoExpired', missing: 'work' }, /"work".*aws sso login --profile work/],
    [
      'forbidden',
      { reason: 'missingPermission', missing: 'ecr:DescribeImages', host: 'AWS (eu-west-1)' },
      /"ecr:DescribeImages".*console\.aws\.amazon\.com\/iam/,
    ],
    [
      'forbidden',
      { reason: 'missingScope', missing: 'read:packages', page: 'https://github.com/settings/tokens' },
      /"read:packages".*github\.com\/settings\/tokens/,
    ],
    [
      'forbidden',
      { reason: 'missingPermission', missing: 'artifactregistry.repositories.list' },
      /"artifactregistry\.repositories\.list" \(roles\/artifactregistry\.reader\).*console\.cloud\.google\.com\/iam-admin/,
    ],
    ['forbidden', { reason: 'packagesHidden', subject: 'acme' }, /no packages of "acme".*orgs\/acme\/people/],
    ['unauthorized', { reason: 'noApplicationDefaultCredentials' }, /gcloud auth application-default login/],
  ];
  for (const [kind, details, words] of inCloud) {
    it(`names what is missing and the command that helps: ${details.reason ?? details.code}`, () => {
      assert.match(wordError(new CoreError(kind, 'x', details)).message, words);
    });
  }

  it('puts into a command nothing that a name cannot be', () => {
    const details = { reason: 'tagLocked', host: 'x; rm -rf ~', subject: 'app:1; rm -rf ~' };
    const { message } = wordError(new CoreError('forbidden', 'x', details));
    assert.match(message, /--name NAME --image REPOSITORY:TAG /);
  });

  it('covers what is no error of ours', () => {
    for (const thrown of [new TypeError('x is not a function'), 'text', undefined, { odd: true }]) {
      const { summary, message, action } = wordError(thrown);
      assert.ok(summary && message && action === 'showLog');
      assert.doesNotMatch(message, /\[object/);
    }
  });
});
