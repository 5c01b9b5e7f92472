import assert from 'node:assert/strict';
import type { ErrorKind } from '../../../src/core/common/CoreError.ts';
import { classifyFailure } from '../../../src/core/docker/classifyFailure.ts';
import { readRecording } from './recording.ts';

function classify(stderr: string, stdout = '', exitCode: number | null = 1) {
  return classifyFailure({
    operation: 'docker x',
    exitCode,
    exitSignal: exitCode === null ? 'SIGKILL' : null,
    stdout,
    stderr,
  });
}

/** Recordings of real clients: name without `failure-`, kind, reason. */
const RECORDED: readonly (readonly [name: string, kind: ErrorKind, reason: string])[] = [
  ['unreachable', 'dockerUnreachable', 'daemonNotRunning'],
  ['unreachable-20', 'dockerUnreachable', 'daemonNotRunning'],
  ['unreachable-tcp', 'dockerUnreachable', 'daemonNotRunning'],
  ['unreachable-build', 'dockerUnreachable', 'daemonNotRunning'],
  ['unknown-context', 'dockerUnreachable', 'contextNotFound'],
  ['manifest-unknown', 'notFound', 'manifestUnknown'],
  ['repository-missing', 'notFound', 'manifestUnknown'],
  ['no-such-image', 'notFound', 'imageUnknown'],
  ['no-such-tag', 'notFound', 'imageUnknown'],
  ['no-such-push', 'notFound', 'imageUnknown'],
  ['no-such-container', 'notFound', 'containerUnknown'],
  ['connection-refused', 'connectionRefused', 'connectionRefused'],
  ['name-conflict', 'conflict', 'containerNameTaken'],
  ['port-allocated', 'conflict', 'portTaken'],
  ['image-in-use', 'conflict', 'imageInUse'],
  ['invalid-reference', 'invalidInput', 'reference'],
  ['unknown-flag', 'unsupported', 'cliTooOld'],
  ['buildx-missing', 'unsupported', 'buildxMissing'],
  ['multi-platform', 'unsupported', 'multiPlatformNeedsBuilder'],
  ['no-dockerfile', 'dockerFailed', 'dockerfileMissing'],
  ['no-context', 'dockerFailed', 'contextMissing'],
];

/** Failed builds, recorded from every builder: the file of the recording's name, reason. */
const BUILDS: readonly (readonly [file: string, kind: ErrorKind, reason: string])[] = [
  ['Failing', 'dockerFailed', 'buildStepFailed'],
  ['Missing', 'dockerFailed', 'fileNotInContext'],
  ['NoBase', 'connectionRefused', 'connectionRefused'],
  ['Syntax', 'dockerFailed', 'dockerfileSyntax'],
];

/** What registries and engines we cannot have here make docker say. */
const QUOTED: readonly (readonly [stderr: string, kind: ErrorKind, reason: string])[] = [
  ['no basic auth credentials', 'unauthorized', 'noCredentials'],
  ['unauthorized: authentication required', 'unauthorized', 'authenticationRequired'],
  ['denied: requested access to the resource is denied', 'unauthorized', 'accessDenied'],
  ['denied: permission_denied: write_package', 'unauthorized', 'accessDenied'],
  [
    "Error response from daemon: pull access denied for a/b, repository does not exist or may require 'docker login'",
    'unauthorized',
    'accessDenied',
  ],
  [
    'ERROR: failed to solve: a/b: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    'unauthorized',
    'accessDenied',
  ],
  [
    'Error response from daemon: login attempt to https://h/v2/ failed with status: 401 Unauthorized',
    'unauthorized',
    'wrongCredentials',
  ],
  [
    'Error response from daemon: Get "https://registry-1.docker.io/v2/": unauthorized: incorrect username or password',
    'unauthorized',
    'wrongCredentials',
  ],
  [
    "name unknown: The repository with name 'x' does not exist in the registry with id '1'",
    'notFound',
    'repositoryUnknown',
  ],
  ['no matching manifest for linux/arm64/v8 in the manifest list entries', 'notFound', 'platformUnavailable'],
  ['write /var/lib/docker/tmp/x: no space left on device', 'disk', 'diskFull'],
  [
    'Get "https://h:5000/v2/": http: server gave HTTP response to HTTPS client',
    'tls',
    'httpResponseToHttpsClient',
  ],
  [
    'Get "https://h/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'tls',
    'unknownAuthority',
  ],
  ['x509: certificate has expired or is not yet valid: current time …', 'tls', 'expired'],
  ['x509: certificate is valid for a, not b', 'tls', 'wrongName'],
  ['toomanyrequests: You have reached your pull rate limit.', 'rateLimited', 'tooManyRequests'],
  [
    'error getting credentials - err: exec: "docker-credential-x": executable file not found in $PATH',
    'credentialHelper',
    'helperFailed',
  ],
  ['dial tcp: lookup none.invalid on 1.1.1.1:53: no such host', 'hostNotFound', 'hostNotFound'],
  ['net/http: TLS handshake timeout', 'connectTimeout', 'connectTimeout'],
  [
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock',
    'dockerUnreachable',
    'permissionDenied',
  ],
  [
    'Error: unable to connect to Podman socket: Get "http://d/v4/_ping": dial unix: no such file',
    'dockerUnreachable',
    'daemonNotRunning',
  ],
  [
    'ERROR: docker exporter does not currently support exporting manifest lists',
    'unsupported',
    'multiPlatformCannotLoad',
  ],
];

describe('classifyFailure', () => {
  for (const [name, kind, reason] of RECORDED) {
    it(`recognises ${name}`, () => {
      const error = classify(readRecording(`failure-${name}.err`), readRecording(`failure-${name}.out`));
      assert.deepEqual([error.kind, error.details.reason], [kind, reason]);
    });
  }

  for (const builder of ['classic-28', 'buildkit-20', 'buildx-plain', 'buildx-rawjson']) {
    for (const [file, kind, reason] of BUILDS) {
      it(`recognises ${reason} of ${builder}`, () => {
        const error = classify(readRecording(`${builder}-${file}.txt`));
        assert.deepEqual([error.kind, error.details.reason], [kind, reason]);
      });
    }
  }

  for (const [stderr, kind, reason] of QUOTED) {
    it(`reads "${stderr.slice(0, 60)}" as ${kind}, ${reason}`, () => {
      const error = classify(stderr);
      assert.deepEqual([error.kind, error.details.reason], [kind, reason]);
    });
  }

  it('does not take the words of a build step for its own', () => {
    const excerpt = '------\n > [2/2] RUN x:\n0.1 unauthorized: no space left on device\n------\n';
    for (const own of [
      '#5 0.1 unauthorized\n',
      '{"logs":[]} denied: x\n',
      '\u001b[91munauthorized\n\u001b[0m',
      excerpt,
    ]) {
      const error = classify(`${own}something else went wrong\n`);
      assert.deepEqual([error.kind, error.details.reason], ['dockerFailed', undefined]);
    }
  });

  it('recognises a missing file and a failed step of Podman', () => {
    assert.equal(classify(readRecording('podman-4-Missing.txt')).details.reason, 'fileNotInContext');
    const step = 'Error: building at STEP "RUN exit 3": while running runtime: exit status 3';
    assert.equal(classify(step).details.reason, 'buildStepFailed');
  });

  it('says that a signal ended docker', () => {
    const error = classify('', '', null);
    assert.deepEqual(
      [error.kind, error.details.reason, error.details.exitCode],
      ['dockerFailed', 'killed', undefined],
    );
  });

  it('keeps the tail of the output, safe to show', () => {
    const output = classify(`${'x'.repeat(9000)}\u001b[31mend\u202e`).details.output!;
    assert.ok(output.length <= 4000 && output.endsWith('xend'));
  });
});
