import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { CoreError, isCoreError } from '../../../src/core/common/CoreError.ts';
import type { Digest } from '../../../src/core/oci/digest.ts';
import { EcrProvider } from '../../../src/core/providers/EcrProvider.ts';
import type { ProviderSettings } from '../../../src/core/providers/ProviderContext.ts';
import type { TagSummary } from '../../../src/core/providers/RegistryProvider.ts';
import { TWO_PROFILES, useAwsHome, type AwsHomeFiles } from '../../support/awsHome.ts';
import { ECR_ACCOUNT, startEcrContract, type EcrImage } from '../../support/contract/ecr.ts';
import { json } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';
import { forward } from '../../support/forward.ts';
import { MOTO_ACCOUNT, startMoto } from '../../support/servers/moto.ts';
import type { TestServer } from '../../support/servers/startProcess.ts';
import { TestConnection, type TestConnectionOptions } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';
import { listAll } from '../../support/listAll.ts';

const REGION = 'eu-west-1';
const PUSHED = new Date('2026-03-01T10:00:00Z');
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';

function digest(text: string): Digest {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

function image(name: string, extra: Partial<EcrImage> = {}): EcrImage {
  return {
    imageDigest: digest(name),
    imageTags: [name],
    imageSizeInBytes: 1000,
    imagePushedAt: PUSHED.getTime() / 1000,
    imageManifestMediaType: DOCKER_MANIFEST,
    artifactMediaType: DOCKER_CONFIG,
    ...extra,
  };
}

/** A provider at `apiUrl`, in region eu-west-1 unless its host tells another. */
function open(apiUrl: string, settings: ProviderSettings = {}, options: TestConnectionOptions = {}) {
  const connection = new TestConnection(apiUrl, options);
  const provider = new EcrProvider(
    testProviderContext(connection, { settings: { apiUrl, region: REGION, profile: '', ...settings } }),
  );
  return { provider, connection, [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]() };
}

describe('EcrProvider', () => {
  const { signal } = new AbortController();
  let home: AsyncDisposable;

  beforeEach(async () => {
    home = await useAwsHome({ credentials: TWO_PROFILES });
  });

  afterEach(() => home[Symbol.asyncDispose]());

  async function moveTo(files: AwsHomeFiles): Promise<void> {
    await home[Symbol.asyncDispose]();
    home = await useAwsHome(files);
  }

  const keys = { AKIADEFAULT: [], AKIAWORK: [] };

  it('lists repositories a thousand at a time', async () => {
    const names = Array.from({ length: 1_200 }, (_, index) => `team/app-${index}`);
    await using ecr = await startEcrContract({ keys, names });
    await using opened = open(ecr.server.origin);
    const { provider } = opened;
    const found = await listAll((cursor) => provider.listRepositories(cursor, signal));
    assert.equal(found.length, 1_203);
    assert.deepEqual(found.slice(0, 3), ['other/app', 'team/app', 'team/empty']);
    assert.deepEqual(ecr.calls(), ['DescribeRepositories', 'DescribeRepositories']);
  });

  it('shows a connection with a path only what is below it', async () => {
    await using ecr = await startEcrContract({ keys });
    await using opened = open(ecr.server.origin, {}, { endpoint: { namespacePrefix: 'team' } });
    assert.deepEqual((await opened.provider.listRepositories(undefined, signal)).items, ['app', 'empty']);
    assert.equal((await opened.provider.listTags('empty', undefined, signal)).items.length, 0);
  });

  it('shows 1,000 tags with digest, size and date in one request, and 2,500 in three', async () => {
    const images = Array.from({ length: 1_000 }, (_, index) => image(`v${index}`));
    await using ecr = await startEcrContract({ keys, images });
    await using opened = open(ecr.server.origin);
    const { items, nextCursor } = await opened.provider.listTags('team/app', undefined, signal);
    assert.equal(items.length, 1_000);
    assert.equal(nextCursor, undefined);
    assert.deepEqual(items[7], {
      name: 'v7',
      details: {
        digest: digest('v7'),
        mediaType: DOCKER_MANIFEST,
        kind: 'image',
        sizeInBytes: 1000,
        createdAt: PUSHED,
        lastPulledAt: 'never',
      },
    });
    assert.deepEqual(ecr.calls(), ['DescribeImages']);

    const more = Array.from({ length: 2_500 }, (_, index) => image(`v${index}`));
    await using bigger = await startEcrContract({ keys, images: more });
    await using other = open(bigger.server.origin);
    const tags = await listAll((cursor) => other.provider.listTags('team/app', cursor, signal));
    assert.equal(new Set(tags.map(({ name }) => name)).size, 2_500);
    assert.equal(bigger.calls().length, 3);
  });

  it('gives every tag of an image, tells artifacts apart, counts what a scan found', async () => {
    const images = [
      image('a', {
        imageTags: ['latest', '1.0'],
        imageScanFindingsSummary: { findingSeverityCounts: { HIGH: 3, CRITICAL: 1, LOW: 0 } },
      }),
      image('clean', { imageScanFindingsSummary: {} }),
      image('multi', { imageManifestMediaType: 'application/vnd.oci.image.index.v1+json' }),
      image('chart', { artifactMediaType: 'application/vnd.cncf.helm.config.v1+json' }),
      image('sbom', { artifactMediaType: 'application/spdx+json' }),
      image('untagged', { imageTags: [] }),
      image('vague', { imageDigest: 'not a digest' }),
      image('odd', { imageTags: ['fine', '../not-a-tag'] }),
    ];
    await using ecr = await startEcrContract({ keys, images });
    await using opened = open(ecr.server.origin);
    const { items } = await opened.provider.listTags('team/app', undefined, signal);
    const byName = new Map<string, TagSummary>(items.map((item) => [item.name, item]));
    assert.deepEqual(
      [...byName.keys()],
      ['latest', '1.0', 'clean', 'multi', 'chart', 'sbom', 'vague', 'fine'],
    );
    assert.equal(byName.get('latest')?.details?.digest, byName.get('1.0')?.details?.digest);
    assert.deepEqual(byName.get('latest')?.details?.findings, { critical: 1, high: 3 });
    assert.deepEqual(byName.get('clean')?.details?.findings, {});
    assert.equal(byName.get('multi')?.details?.kind, 'index');
    assert.equal(byName.get('chart')?.details?.kind, 'helm');
    assert.equal(byName.get('sbom')?.details?.artifactType, 'application/spdx+json');
    assert.equal('findings' in byName.get('multi')!.details!, false);
    assert.equal(byName.get('vague')?.details, undefined);
  });

  it('deletes one tag and keeps its siblings; the last one takes the image along, as it says', async () => {
    await using ecr = await startEcrContract({
      keys,
      images: [image('a', { imageTags: ['latest', '1.0'] })],
    });
    await using opened = open(ecr.server.origin);
    const { provider } = opened;
    assert.equal(provider.capabilities.deletesSingleTag, 'native');
    assert.equal(provider.capabilities.deletesImageWithLastTag, true);
    await provider.deleteTag('team/app', 'latest', signal);
    const { items } = await provider.listTags('team/app', undefined, signal);
    assert.deepEqual(
      items.map(({ name }) => name),
      ['1.0'],
    );
    await provider.deleteTag('team/app', '1.0', signal);
    assert.deepEqual((await provider.listTags('team/app', undefined, signal)).items, []);
    await assert.rejects(provider.deleteTag('team/app', '1.0', signal), (error) =>
      isCoreError(error, 'notFound'),
    );
  });

  it('lists what no tag leads to, a thousand at a time, and deletes it unless it has got a tag since', async () => {
    const bare = (name: string) => image(name, { imageTags: [] });
    const images = [
      ...Array.from({ length: 1200 }, (_, index) => bare(`bare${index}`)),
      image('tagged', { lastRecordedPullTime: PUSHED.getTime() / 1000 }),
    ];
    await using ecr = await startEcrContract({ keys, images });
    await using opened = open(ecr.server.origin);
    const { provider } = opened;
    const listed = await listAll((cursor) => provider.listUntagged('team/app', cursor, signal));
    assert.equal(listed.length, 1200);
    assert.deepEqual(ecr.calls(), ['DescribeImages', 'DescribeImages']);
    const [first] = listed;
    assert.deepEqual(
      [first?.digest, first?.sizeInBytes, first?.createdAt, first?.lastPulledAt, first?.mediaType],
      [digest('bare0'), 1000, PUSHED, 'never', DOCKER_MANIFEST],
    );
    await provider.deleteUntagged('team/app', digest('bare0'), signal);
    const left = await listAll((cursor) => provider.listUntagged('team/app', cursor, signal));
    assert.equal(left.length, 1199);
    await assert.rejects(provider.deleteUntagged('team/app', digest('tagged'), signal), (error) => {
      assert.ok(isCoreError(error, 'conflict'));
      assert.equal(error.details.reason, 'manifestHasTags');
      return true;
    });
    await assert.rejects(provider.deleteUntagged('team/app', digest('bare0'), signal), (error) =>
      isCoreError(error, 'notFound'),
    );
    assert.equal((await provider.listTags('team/app', undefined, signal)).items.length, 1);
  });

  it('names what is missing to delete what no tag leads to', async () => {
    await using ecr = await startEcrContract({
      keys: { AKIADEFAULT: ['BatchDeleteImage'] },
      images: [image('bare', { imageTags: [] })],
    });
    await using opened = open(ecr.server.origin);
    await assert.rejects(opened.provider.deleteUntagged('team/app', digest('bare'), signal), (error) => {
      assert.ok(isCoreError(error, 'forbidden'));
      assert.equal(error.details.missing, 'ecr:BatchDeleteImage');
      assert.equal(error.details.operation, 'delete manifest');
      return true;
    });
  });

  it('creates a repository, and is content with one that is there', async () => {
    await using ecr = await startEcrContract({ keys });
    await using opened = open(ecr.server.origin);
    await opened.provider.createRepository('team/new', signal);
    await opened.provider.createRepository('team/new', signal);
    assert.ok((await opened.provider.listRepositories(undefined, signal)).items.includes('team/new'));
  });

  it('uses the profile that was chosen, and asks for the account and region of the address', async () => {
    await using ecr = await startEcrContract({ keys: { AKIAWORK: [] }, region: 'us-west-2' });
    await using connection = new TestConnection(ecr.server.origin, {
      endpoint: { host: `${ECR_ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com` },
    });
    const settings = { apiUrl: ecr.server.origin, profile: 'work' };
    const provider = new EcrProvider(testProviderContext(connection, { settings }));
    await provider.listRepositories(undefined, signal);
    const body = JSON.parse(ecr.server.requests[0]!.body.toString()) as unknown;
    assert.deepEqual(body, { registryId: ECR_ACCOUNT, maxResults: 1000 });
    assert.equal(
      provider.webUrl('team/app'),
      `https://us-west-2.console.aws.amazon.com/ecr/repositories/private/${ECR_ACCOUNT}/team/app?region=us-west-2`,
    );
  });

  describe('when it is refused', () => {
    async function failure(settings: ProviderSettings, denied: readonly string[] = []): Promise<CoreError> {
      await using ecr = await startEcrContract({ keys: { AKIADEFAULT: denied } });
      await using opened = open(ecr.server.origin, settings);
      const error: unknown = await opened.provider.listRepositories(undefined, signal).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof CoreError);
      assert.equal(error.details.operation, 'list repositories');
      const told = JSON.stringify([error.message, error.details, opened.connection.logs]);
      assert.ok(!told.includes('canary'), told);
      return error;
    }

    it('names the permission that is missing', async () => {
      const { kind, details } = await failure({}, ['DescribeRepositories']);
      assert.equal(kind, 'forbidden');
      assert.equal(details.reason, 'missingPermission');
      assert.equal(details.missing, 'ecr:DescribeRepositories');
      assert.match(details.registryMessage ?? '', /user\/dev is not authorized/);
    });

    it('names a profile that does not exist', async () => {
      const { kind, details } = await failure({ profile: 'wrok' });
      assert.deepEqual([kind, details.reason, details.missing], ['unauthorized', 'profileMissing', 'wrok']);
    });

    it('names a profile that AWS_PROFILE has wrong', async () => {
      process.env['AWS_PROFILE'] = 'elsewhere';
      const { details } = await failure({});
      assert.deepEqual([details.reason, details.missing], ['profileMissing', 'elsewhere']);
    });

    it('names a profile whose keys AWS does not know', async () => {
      const { kind, details } = await failure({ profile: 'work' });
      assert.deepEqual(
        [kind, details.reason, details.missing],
        ['unauthorized', 'awsCredentialsRefused', 'work'],
      );
    });

    it('names the profile whose single sign-on has ended, also where a role is taken from it', async () => {
      await moveTo({
        config: [
          '[profile sso]',
          'sso_session = corp',
          'sso_account_id = 111122223333',
          'sso_role_name = dev',
          '[sso-session corp]',
          'sso_start_url = https://corp.awsapps.com/start',
          'sso_region = eu-west-1',
          '[profile role]',
          'role_arn = arn:aws:iam::111122223333:role/push',
          'source_profile = sso',
        ].join('\n'),
      });
      for (const profile of ['sso', 'role']) {
        const { kind, details } = await failure({ profile });
        assert.deepEqual([kind, details.reason, details.missing], ['unauthorized', 'ssoExpired', 'sso']);
      }
    });

    it('says when there are no credentials at all', async () => {
      await moveTo({});
      const { kind, details } = await failure({});
      assert.deepEqual([kind, details.reason], ['unauthorized', 'noAwsCredentials']);
    });
  });

  it('tries a throttled call three times, then says that it is', async () => {
    await using ecr = await startEcrContract({ keys, throttled: () => true });
    await using opened = open(ecr.server.origin);
    await assert.rejects(opened.provider.listTags('team/app', undefined, signal), (error) =>
      isCoreError(error, 'rateLimited'),
    );
    assert.equal(ecr.calls().length, 3);
  });

  it('says that a repository is not there', async () => {
    await using ecr = await startEcrContract({ keys });
    await using opened = open(ecr.server.origin);
    await assert.rejects(
      opened.provider.listTags('team/none', undefined, signal),
      (error) => isCoreError(error, 'notFound') && error.details.reason === 'repositoryUnknown',
    );
  });

  it('says what stands there instead of AWS, and who does not answer', async () => {
    await using server = await FaultServer.start();
    server.on('POST /', ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>sign in to the network</html>');
    });
    await using opened = open(server.origin);
    await assert.rejects(opened.provider.listRepositories(undefined, signal), (error) =>
      isCoreError(error, 'protocol', 'notARegistry'),
    );
    const { origin } = server;
    await server[Symbol.asyncDispose]();
    await using gone = open(origin);
    await assert.rejects(
      gone.provider.listRepositories(undefined, signal),
      (error) => isCoreError(error, 'connectionRefused') && error.details.host === new URL(origin).host,
    );
  });

  it('obeys Cancel while AWS is silent', async () => {
    await using server = await FaultServer.start();
    server.on('POST /', () => undefined);
    await using opened = open(server.origin);
    const cancelled = new AbortController();
    const listing = opened.provider.listRepositories(undefined, cancelled.signal);
    await server.until(() => server.requests.length === 1);
    cancelled.abort();
    await assert.rejects(listing, (error) => isCoreError(error, 'cancelled'));
    await server.until(() => server.openConnections === 0);
  });

  it('lists through the registry where Docker has signed in and AWS has not', async () => {
    await moveTo({});
    await using server = await FaultServer.start();
    server.on('GET /v2/_catalog', json({ repositories: ['team/app'] }));
    server.on('GET /v2/team/app/tags/list', json({ name: 'team/app', tags: ['1.0'] }));
    await using connection = new TestConnection(server.origin);
    const settings = { apiUrl: server.origin, region: REGION };
    const provider = new EcrProvider(testProviderContext(connection, { settings }));
    assert.deepEqual((await provider.listRepositories(undefined, signal)).items, ['team/app']);
    assert.deepEqual((await provider.listTags('team/app', undefined, signal)).items, [{ name: '1.0' }]);
    assert.equal(server.requestsFor('/').length, 0);
  });

  describe('against moto', () => {
    let moto: TestServer;
    let front: FaultServer;

    before(async () => {
      moto = await startMoto();
      front = await FaultServer.start();
      front.on('/*', forward(moto.url));
    });

    after(async () => {
      await front[Symbol.asyncDispose]();
      await moto.stop();
    });

    /** PutImage, which Berth itself does by the registry API. */
    async function put(repositoryName: string, imageTag: string, size: number): Promise<void> {
      const manifest = {
        schemaVersion: 2,
        mediaType: DOCKER_MANIFEST,
        config: { mediaType: DOCKER_CONFIG, size, digest: digest(`config ${size}`) },
        layers: [
          { mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size, digest: digest(`${size}`) },
        ],
      };
      const reply = await fetch(moto.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.PutImage',
          authorization: `AWS4-HMAC-SHA256 Credential=AKIA/20260101/${REGION}/ecr/aws4_request, SignedHeaders=host, Signature=0`,
        },
        body: JSON.stringify({ repositoryName, imageTag, imageManifest: JSON.stringify(manifest) }),
      });
      assert.equal(reply.status, 200, await reply.text());
    }

    it('creates, lists, describes and deletes', async () => {
      await using opened = open(front.origin);
      const { provider } = opened;
      await provider.createRepository('team/web', signal);
      await put('team/web', '1.0', 10);
      await put('team/web', 'latest', 10);
      await put('team/web', '2.0', 20);
      assert.deepEqual((await provider.listRepositories(undefined, signal)).items, ['team/web']);
      const { items } = await provider.listTags('team/web', undefined, signal);
      const names = items.map(({ name }) => name).sort();
      assert.deepEqual(names, ['1.0', '2.0', 'latest']);
      const [one, latest] = ['1.0', 'latest'].map(
        (name) => items.find((item) => item.name === name)?.details,
      );
      assert.ok(one?.createdAt instanceof Date && one.sizeInBytes !== undefined);
      assert.equal(one.mediaType, DOCKER_MANIFEST);
      assert.equal(one.digest, latest?.digest);
      await provider.deleteTag('team/web', 'latest', signal);
      const left = (await provider.listTags('team/web', undefined, signal)).items.map(({ name }) => name);
      assert.deepEqual(left.sort(), ['1.0', '2.0']);
      await assert.rejects(provider.deleteTag('team/web', 'latest', signal), (error) =>
        isCoreError(error, 'notFound'),
      );
      await assert.rejects(provider.listTags('team/none', undefined, signal), (error) =>
        isCoreError(error, 'notFound'),
      );
    });

    it('names the account in every call, so that it may be another one’s registry', async () => {
      await using connection = new TestConnection(front.origin, {
        endpoint: { host: `${MOTO_ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com` },
      });
      const settings = { apiUrl: front.origin, profile: 'work' };
      const provider = new EcrProvider(testProviderContext(connection, { settings }));
      assert.deepEqual((await provider.listRepositories(undefined, signal)).items, ['team/web']);
    });
  });
});
