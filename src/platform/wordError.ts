/**
 * Errors in plain words: what was attempted, on what, what was answered, and the one thing to try next.
 * Core throws kinds and data; only this file turns them into sentences.
 */
import { l10n } from 'vscode';
import { isCoreError, type CoreError, type ErrorDetails } from '../core/common/CoreError.ts';
import { toDisplayLine } from '../core/common/displayText.ts';

/** The next step, as something a button can do. */
export type ErrorAction =
  | 'signIn'
  | 'trustCertificate'
  | 'retry'
  | 'editConnection'
  | 'pinRepository'
  | 'openProxySettings'
  | 'openDockerSettings'
  | 'selectDockerContext'
  | 'startLocalRegistry'
  | 'manageTrust'
  | 'showLog';

export interface WordedError {
  /** One or two sentences, one line, safe to show. */
  readonly message: string;
  /** A few words for a tree node beside an icon. */
  readonly summary: string;
  readonly action: ErrorAction;
}

/** The label of the button for an action. */
export function actionLabel(action: ErrorAction): string {
  switch (action) {
    case 'signIn':
      return l10n.t('Sign In');
    case 'trustCertificate':
      return l10n.t('Trust Certificate…');
    case 'retry':
      return l10n.t('Retry');
    case 'editConnection':
      return l10n.t('Edit Connection');
    case 'pinRepository':
      return l10n.t('Pin Repository…');
    case 'openProxySettings':
      return l10n.t('Proxy Settings');
    case 'openDockerSettings':
      return l10n.t('Docker Settings');
    case 'selectDockerContext':
      return l10n.t('Select Docker Context');
    case 'startLocalRegistry':
      return l10n.t('Start');
    case 'manageTrust':
      return l10n.t('Manage Workspace Trust');
    case 'showLog':
      return l10n.t('Show Log');
  }
}

export function wordError(error: unknown): WordedError {
  if (!isCoreError(error)) {
    const text = error instanceof Error ? error.message : String(error);
    return worded(l10n.t('Something unexpected happened'), toDisplayLine(text), 'showLog');
  }
  const { details } = error;
  const host = details.host ?? l10n.t('the registry');
  const answer = details.registryMessage
    ? l10n.t(' It answered: "{0}".', toDisplayLine(details.registryMessage))
    : '';
  const doing = attempted(details);
  switch (error.kind) {
    case 'cancelled':
      return worded(l10n.t('Cancelled'), l10n.t('Cancelled.'), 'retry');
    case 'invalidInput':
      return worded(l10n.t('Invalid input'), wordInvalidInput(error), 'retry');
    case 'hostNotFound':
      return worded(
        l10n.t('Host not found'),
        doing + l10n.t('The host "{0}" was not found. Check the address and your network.', host),
        'editConnection',
      );
    case 'connectionRefused':
      return worded(
        l10n.t('Nothing listens there'),
        doing + l10n.t('Nothing listens at {0}. Start the registry or check the port.', host),
        'retry',
      );
    case 'connectTimeout':
      return worded(
        l10n.t('No answer'),
        doing + l10n.t('{0} did not answer in time. Check the address, your VPN or a proxy.', host),
        'retry',
      );
    case 'connectionReset':
      return worded(
        l10n.t('Connection lost'),
        doing + l10n.t('The connection to {0} was cut. Try again.', host),
        'retry',
      );
    case 'timeout':
      return worded(
        l10n.t('Too slow'),
        doing + l10n.t('{0} answered too slowly and was given up. Try again.', host),
        'retry',
      );
    case 'tls':
      return wordTls(details, host, doing);
    case 'proxy':
      return worded(
        l10n.t('Proxy refused'),
        doing + l10n.t('The proxy {0} refused the connection to {1}.', details.otherHost ?? '', host),
        'openProxySettings',
      );
    case 'notARegistry':
      return worded(
        l10n.t('Not a registry'),
        doing +
          l10n.t(
            '{0} answered with something that is not a registry. Check the address; a sign-in page of your network also looks like this.',
            host,
          ),
        'editConnection',
      );
    case 'unauthorized':
      return wordUnauthorized(details, host, doing, answer);
    case 'forbidden':
      if (details.reason === 'untrustedWorkspace') {
        return worded(
          l10n.t('Workspace is not trusted'),
          l10n.t('Berth starts no program in an untrusted workspace. Trust it to use Docker from here.'),
          'manageTrust',
        );
      }
      return wordForbidden(details, host, doing, answer);
    case 'notFound':
      return (
        wordDockerNotFound(details, doing) ??
        worded(
          l10n.t('Not found'),
          doing + l10n.t('{0} does not have it, or does not show it to this account.', host) + answer,
          'retry',
        )
      );
    case 'unsupported':
      return wordUnsupported(details, host, doing, answer);
    case 'rateLimited':
      return worded(
        l10n.t('Rate limit'),
        doing +
          (details.retryAfterSeconds
            ? l10n.t(
                '{0} allows no more requests for now. Try again in {1} seconds.',
                host,
                details.retryAfterSeconds,
              )
            : l10n.t('{0} allows no more requests for now. Try again later.', host)),
        'retry',
      );
    case 'serverError':
      if (details.reason === 'leftOnPlaceholder') {
        return worded(
          l10n.t('Tag is on a placeholder'),
          doing +
            l10n.t(
              'The tag is on an empty placeholder now and {0} did not take it back. Undo the deletion from Activity to put it back.',
              host,
            ),
          'retry',
        );
      }
      return worded(
        l10n.t('Registry error'),
        doing + l10n.t('{0} failed with status {1}.', host, details.status ?? '5xx') + answer,
        'retry',
      );
    case 'redirectRefused':
      return worded(
        l10n.t('Redirect refused'),
        doing + l10n.t('{0} redirected to {1}, which is not safe to follow.', host, details.otherHost ?? '?'),
        'editConnection',
      );
    case 'realmRefused':
      return worded(
        l10n.t('Sign-in server refused'),
        doing +
          l10n.t(
            '{0} wants your credentials sent to {1}. Berth did not send them.',
            host,
            details.otherHost ?? '?',
          ),
        'editConnection',
      );
    case 'tokenFailed':
      return worded(
        l10n.t('Sign-in failed'),
        doing + l10n.t('The sign-in server {0} gave no usable token.', details.otherHost ?? host) + answer,
        'signIn',
      );
    case 'protocol':
      return worded(
        l10n.t('Unexpected answer'),
        doing + l10n.t('{0} sent an answer that breaks the registry protocol.', host) + answer,
        'showLog',
      );
    case 'digestMismatch':
      return worded(
        l10n.t('Content does not match'),
        doing + l10n.t('What {0} sent does not match its digest, so it was thrown away. Try again.', host),
        'retry',
      );
    case 'sizeMismatch':
      return worded(
        l10n.t('Incomplete content'),
        doing + l10n.t('{0} sent less than it promised. Try again.', host),
        'retry',
      );
    case 'tooLarge':
      return worded(
        l10n.t('Too large'),
        doing + l10n.t('The answer of {0} is over the size that is safe to read.', host),
        'showLog',
      );
    case 'conflict':
      return wordConflict(details, doing, answer);
    case 'credentialHelper':
      return worded(
        l10n.t('Credential helper failed'),
        l10n.t(
          'The credential helper {0} failed or gave no usable answer. Run it in a terminal to see why, or sign in here instead.',
          details.subject ?? '',
        ),
        'signIn',
      );
    case 'dockerMissing':
      return worded(
        l10n.t('Docker not found'),
        l10n.t(
          'The program "{0}" was not found. Install Docker or Podman, or set its path.',
          details.subject ?? 'docker',
        ),
        'openDockerSettings',
      );
    case 'dockerUnreachable':
      return worded(
        l10n.t('Docker engine does not answer'),
        doing + l10n.t('The Docker engine does not answer. Start it, or choose another context.'),
        'selectDockerContext',
      );
    case 'dockerFailed':
      return wordDockerFailed(error, doing);
    case 'disk':
      return worded(
        l10n.t('Disk'),
        doing + l10n.t('Writing to disk failed: {0}', details.code ?? toDisplayLine(error.message)),
        'retry',
      );
  }
}

function worded(summary: string, message: string, action: ErrorAction): WordedError {
  return { summary, message: toDisplayLine(message, 600), action };
}

/** `Could not list tags (samples/app). `, or nothing when the operation is unknown. */
function attempted({ operation, subject }: ErrorDetails): string {
  if (!operation) return '';
  const failed = operation.startsWith('docker ') ? l10n.t('"{0}" failed', operation) : wordAttempt(operation);
  return subject ? `${failed} (${toDisplayLine(subject)}). ` : `${failed}. `;
}

/** Core names operations in English, for its log; what is not known here is shown as it is. */
function wordAttempt(operation: string): string {
  switch (operation) {
    case 'check the registry':
      return l10n.t('Could not check the registry');
    case 'list repositories':
      return l10n.t('Could not list repositories');
    case 'list organizations':
      return l10n.t('Could not list organizations');
    case 'look up account':
      return l10n.t('Could not look up the account');
    case 'list tags':
      return l10n.t('Could not list tags');
    case 'look up tag':
      return l10n.t('Could not look up the tag');
    case 'delete tag':
      return l10n.t('Could not delete the tag');
    case 'search repositories':
      return l10n.t('Could not search repositories');
    case 'list referrers':
      return l10n.t('Could not list referrers');
    case 'look up manifest':
      return l10n.t('Could not look up the manifest');
    case 'get manifest':
      return l10n.t('Could not read the manifest');
    case 'push manifest':
      return l10n.t('Could not write the manifest');
    case 'delete manifest':
      return l10n.t('Could not delete the manifest');
    case 'look up blob':
      return l10n.t('Could not look up the content');
    case 'read blob':
      return l10n.t('Could not read the content');
    case 'upload blob':
    case 'mount blob':
      return l10n.t('Could not upload the content');
    case 'get a token':
      return l10n.t('Could not sign in');
    case 'read credentials':
      return l10n.t('Could not read the credentials');
    case 'start registry':
      return l10n.t('Could not start the registry');
    case 'write journal':
      return l10n.t('Could not keep what Undo needs');
    default:
      return l10n.t('Could not {0}', operation);
  }
}

function lastLine(output: string | undefined): string | undefined {
  const lines = (output ?? '').split('\n').map((line) => toDisplayLine(line, 400));
  return lines.filter(Boolean).at(-1);
}

function wordTls(details: ErrorDetails, host: string, doing: string): WordedError {
  if (details.operation?.startsWith('docker ')) return wordDockerTls(details, host, doing);
  const summary = l10n.t('Certificate not trusted');
  switch (details.reason) {
    case 'expired':
    case 'notYetValid':
      return worded(
        summary,
        doing + l10n.t('The certificate of {0} is not valid today: it has expired or is for later.', host),
        'trustCertificate',
      );
    case 'nameMismatch':
      return worded(
        summary,
        doing + l10n.t('The certificate of {0} is for another host name.', host),
        'trustCertificate',
      );
    case 'pinMismatch':
      return worded(
        l10n.t('Certificate changed'),
        doing +
          l10n.t(
            'The certificate of {0} is not the one you chose to trust. If it was renewed, look at the new one and trust it.',
            host,
          ),
        'trustCertificate',
      );
    case 'handshake':
      return worded(
        l10n.t('Not https'),
        doing +
          l10n.t('{0} does not speak https. If it is a plain http registry, connect with http://.', host),
        'editConnection',
      );
    default:
      return details.fingerprint256
        ? worded(
            summary,
            doing +
              l10n.t('The certificate of {0} is signed by an authority this machine does not know.', host),
            'trustCertificate',
          )
        : worded(
            l10n.t('No secure connection'),
            doing + l10n.t('No secure connection to {0} could be made ({1}).', host, details.code ?? 'TLS'),
            'retry',
          );
  }
}

/** The engine has certificates of its own: nothing trusted in Berth helps it. */
function wordDockerTls({ reason, output }: ErrorDetails, host: string, doing: string): WordedError {
  const said = lastLine(output) ?? 'TLS';
  switch (reason) {
    case 'httpResponseToHttpsClient':
      return worded(
        l10n.t('Docker wants https'),
        doing +
          l10n.t(
            'Docker speaks https with {0}, which answers http. Add it to "insecure-registries" in the settings of the Docker engine.',
            host,
          ),
        'showLog',
      );
    case 'unknownAuthority':
      return worded(
        l10n.t('Docker does not trust it'),
        doing +
          l10n.t(
            'Docker does not know the authority that signed the certificate. Put it in /etc/docker/certs.d/HOST/ca.crt where the engine runs. Docker said: {0}',
            said,
          ),
        'showLog',
      );
    default:
      return worded(
        l10n.t('No secure connection'),
        doing + l10n.t('Docker could not make a secure connection: {0}', said),
        'showLog',
      );
  }
}

function wordUnsupported(details: ErrorDetails, host: string, doing: string, answer: string): WordedError {
  switch (details.reason) {
    case 'deleteDisabled':
      return worded(
        l10n.t('Deletion is switched off'),
        doing +
          l10n.t(
            'Deletion is switched off on {0}. Its administrator can allow it (Distribution: REGISTRY_STORAGE_DELETE_ENABLED=true).',
            host,
          ),
        'retry',
      );
    case 'lastTaggedVersion':
      return worded(
        l10n.t('Last tag of the package'),
        doing +
          l10n.t(
            'GitHub does not delete the last tagged version of a package. Push another tag first, or delete the whole package on its page on GitHub.',
          ),
        'retry',
      );
    case 'versionKept':
      return worded(
        l10n.t('GitHub keeps it'),
        doing + l10n.t('GitHub does not delete this version; the tag is where it was.') + answer,
        'retry',
      );
    case 'noCatalog':
    case 'catalog':
      return worded(
        l10n.t('No list of repositories'),
        l10n.t('{0} does not list its repositories. Pin the ones you use.', host),
        'pinRepository',
      );
    case 'multiPlatformNeedsBuildx':
      return worded(
        l10n.t('buildx is needed'),
        l10n.t(
          'A build for several platforms, or with a builder, needs Docker buildx. Install buildx, or build for one platform without a builder.',
        ),
        'showLog',
      );
    case 'multiPlatformNeedsBuilder':
      return worded(
        l10n.t('Another builder is needed'),
        l10n.t(
          'This builder builds for one platform only. Choose or create one of the driver docker-container (docker buildx create --use).',
        ),
        'showLog',
      );
    case 'multiPlatformCannotLoad':
      return worded(
        l10n.t('Push is needed'),
        l10n.t('The Docker engine cannot hold an image of several platforms. Choose to push it instead.'),
        'retry',
      );
    case 'buildxMissing':
      return worded(
        l10n.t('buildx is needed'),
        l10n.t('The Docker client has no buildx. Install it, or choose no builder.'),
        'showLog',
      );
    default:
      return worded(
        l10n.t('Not supported'),
        doing + l10n.t('{0} does not support this.', host) + answer,
        'retry',
      );
  }
}

function wordUnauthorized(details: ErrorDetails, host: string, doing: string, answer: string): WordedError {
  switch (details.reason) {
    case 'noApplicationDefaultCredentials':
      return worded(
        l10n.t('No Google credentials'),
        l10n.t(
          'This machine has no application-default credentials of Google Cloud. Run "{0}" in a terminal, or set GOOGLE_APPLICATION_CREDENTIALS to a key file.',
          'gcloud auth application-default login',
        ) + answer,
        'retry',
      );
    case 'googleCredentialsRefused':
      return worded(
        l10n.t('Google credentials have ended'),
        l10n.t(
          'Google Cloud no longer accepts the application-default credentials of this machine. Run "{0}" in a terminal.',
          'gcloud auth application-default login',
        ) + answer,
        'retry',
      );
    default:
      return worded(
        l10n.t('Sign in'),
        doing + l10n.t('{0} asks for valid credentials.', host) + answer,
        'signIn',
      );
  }
}

function wordForbidden(details: ErrorDetails, host: string, doing: string, answer: string): WordedError {
  switch (details.reason) {
    case 'missingScope':
      return worded(
        l10n.t('A scope is missing'),
        doing +
          l10n.t(
            'The token has not the scope "{0}". Make one that has it on {1}, and sign in with that.',
            toDisplayLine(details.missing ?? ''),
            host,
          ) +
          answer,
        'signIn',
      );
    case 'ssoRequired':
      return worded(
        l10n.t('Single sign-on is needed'),
        doing +
          l10n.t(
            'The organization wants single sign-on. Authorize the token for it on GitHub (Settings > Developer settings > Personal access tokens > Configure SSO), then try again.',
          ),
        'retry',
      );
    case 'missingPermission':
      return worded(
        l10n.t('A permission is missing'),
        doing +
          l10n.t(
            'The account has not the permission "{0}". Whoever manages access on {1} can grant it.',
            toDisplayLine(details.missing ?? ''),
            host,
          ) +
          answer,
        'signIn',
      );
    default:
      return worded(
        l10n.t('No permission'),
        doing +
          l10n.t('The account you are signed in with has no permission for this on {0}.', host) +
          answer,
        'signIn',
      );
  }
}

function wordConflict(details: ErrorDetails, doing: string, answer: string): WordedError {
  switch (details.reason) {
    case 'portTaken':
      return worded(
        l10n.t('Port is taken'),
        details.subject
          ? l10n.t('Something else listens on {0} already. Choose another port.', details.subject)
          : l10n.t('Something else listens on that port already. Choose another one.'),
        'retry',
      );
    case 'containerNameTaken':
      return worded(
        l10n.t('Name is taken'),
        doing + l10n.t('A container of that name exists already. Choose another name.'),
        'retry',
      );
    case 'imageInUse':
      return worded(l10n.t('Image is in use'), doing + l10n.t('A container uses the image.'), 'retry');
    case 'imageHasSeveralTags':
      return worded(
        l10n.t('Image has other names'),
        doing + l10n.t('The image has names in several repositories. Remove it by name.'),
        'retry',
      );
    case 'imageHasChildren':
      return worded(
        l10n.t('Image is a base'),
        doing + l10n.t('Other images are built on it. Remove those first.'),
        'retry',
      );
    case 'tagImmutable':
      return worded(
        l10n.t('Tag cannot change'),
        doing + l10n.t('The registry does not let this tag be written again. Choose another tag.') + answer,
        'retry',
      );
    case 'manifestHasTags':
      return worded(
        l10n.t('Image has tags'),
        doing + l10n.t('Tags still point at the image. Delete those first.'),
        'retry',
      );
    case 'manifestHasParents':
      return worded(
        l10n.t('Part of another image'),
        doing + l10n.t('An image for several platforms still holds this one. Delete that first.'),
        'retry',
      );
    case 'garbageCollected':
      return worded(
        l10n.t('Content is gone'),
        doing + l10n.t('The registry has already collected the content, so it cannot be put back.'),
        'showLog',
      );
    default:
      return worded(
        l10n.t('Changed meanwhile'),
        doing +
          l10n.t(
            '{0} has changed since it was shown. Refresh and try again.',
            details.subject ?? l10n.t('It'),
          ) +
          answer,
        'retry',
      );
  }
}

/** Undefined where it was not docker that did not find it. */
function wordDockerNotFound({ reason, subject }: ErrorDetails, doing: string): WordedError | undefined {
  switch (reason) {
    case 'imageUnknown':
      return worded(
        l10n.t('No such image'),
        l10n.t('The Docker engine has no image {0}.', toDisplayLine(subject ?? '')),
        'retry',
      );
    case 'platformUnavailable':
      return worded(
        l10n.t('Not for this platform'),
        doing + l10n.t('The image is not there for this platform.'),
        'retry',
      );
    case 'builderUnknown':
      return worded(
        l10n.t('No such builder'),
        doing + l10n.t('There is no builder of that name. Choose another one.'),
        'retry',
      );
    default:
      return undefined;
  }
}

function wordDockerFailed({ details, message }: CoreError, doing: string): WordedError {
  const said = lastLine(details.output) ?? toDisplayLine(message);
  const step = toDisplayLine(details.subject ?? '', 120);
  switch (details.reason) {
    case 'buildStepFailed':
      return worded(
        l10n.t('A build step failed'),
        step
          ? l10n.t('The build failed at the step "{0}": {1}', step, said)
          : l10n.t('The build failed at a step: {0}', said),
        'showLog',
      );
    case 'dockerfileSyntax':
      return worded(l10n.t('Dockerfile'), l10n.t('The Dockerfile does not parse: {0}', said), 'showLog');
    case 'dockerfileMissing':
      return worded(l10n.t('Dockerfile'), l10n.t('The Dockerfile cannot be read: {0}', said), 'showLog');
    case 'contextMissing':
      return worded(l10n.t('Context'), l10n.t('The context folder cannot be used: {0}', said), 'showLog');
    case 'targetUnknown':
      return worded(l10n.t('Target stage'), l10n.t('The Dockerfile has no such target stage.'), 'showLog');
    case 'containerExited':
      return worded(
        l10n.t('Container ended'),
        doing + l10n.t('Its container ended as soon as it was started. It said last: {0}', said),
        'showLog',
      );
    case 'fileNotInContext':
      return worded(
        l10n.t('File not found'),
        step
          ? l10n.t('The step "{0}" needs a file that is not in the context folder: {1}', step, said)
          : l10n.t('A file is not in the context folder: {0}', said),
        'showLog',
      );
    default:
      return worded(l10n.t('Docker failed'), doing + l10n.t('Docker said: {0}', said), 'showLog');
  }
}

/** Sentences for the reasons a reference, tag or address was refused where it was typed. */
function wordInvalidInput(error: CoreError): string {
  switch (error.details.reason) {
    case 'emptyReference':
    case 'empty':
      return l10n.t('Type a value.');
    case 'emptyRepository':
      return l10n.t('Type the name of a repository.');
    case 'emptyTag':
      return l10n.t('Type a tag after the ":".');
    case 'hasScheme':
      return l10n.t('A reference has no https:// or http:// before it.');
    case 'imageId':
      return l10n.t('This is the ID of an image, not a name.');
    case 'badPlatform':
      return l10n.t('A platform looks like linux/amd64 or linux/arm/v7.');
    case 'digestAsTag':
      return l10n.t('An image cannot be given a digest: type a tag.');
    case 'buildArgument':
      return l10n.t(
        '"{0}" is not a build argument: write NAME=value, with quotes around a value that has spaces.',
        toDisplayLine(error.details.subject ?? ''),
      );
    case 'folderMissing':
      return l10n.t('There is no folder {0}.', toDisplayLine(error.details.subject ?? ''));
    case 'leadingDash':
      return l10n.t('This may not begin with "-".');
    case 'controlCharacter':
      return l10n.t('Line breaks are not allowed.');
    case 'programPath':
      return l10n.t(
        'The Docker program must be a name or an absolute path: {0}.',
        error.details.subject ?? '',
      );
    case 'uppercaseRepository':
      return l10n.t('Repository names are lower case.');
    case 'badRepository':
      return l10n.t(
        'A repository name has lower-case letters and digits, separated by ".", "_", "__", "-" or "/".',
      );
    case 'badTag':
      return l10n.t(
        'A tag starts with a letter, digit or "_" and has at most 128 letters, digits, "_", "." and "-".',
      );
    case 'badDigest':
    case 'digest':
      return l10n.t('A digest looks like sha256: and 64 hexadecimal digits.');
    case 'badHost':
      return l10n.t('The host name is not valid.');
    case 'tooLong':
      return l10n.t('This is too long.');
    case 'forbiddenCharacter':
      return l10n.t('Spaces, control characters and a leading "-" are not allowed.');
    case 'scheme':
      return l10n.t('An address begins with https:// or http://, or has no scheme.');
    case 'query':
      return l10n.t('An address has no "?" and no "#".');
    case 'host':
      return l10n.t('The host name or port is not valid.');
    case 'path':
      return l10n.t('The path is not valid.');
    case 'imageReference':
      return l10n.t('This is an image, not a registry: leave out the tag or digest.');
    case 'uppercaseNamespace':
      return l10n.t('Namespaces are lower case.');
    case 'userInfo':
      return l10n.t('Leave user name and password out of the address; they are asked for next.');
    default:
      return toDisplayLine(error.message);
  }
}
