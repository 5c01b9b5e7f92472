/**
 * Wrong profiles, ended sign-ins, missing scopes and permissions, addresses that are nearly right: each from the wire,
 * through the provider, to the sentence a person reads. The sentence names what is wrong and the command or page that
 * mends it.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import { retag } from '../../../src/core/operations/retag.ts';
import { AcrProvider } from '../../../src/core/providers/AcrProvider.ts';
import { ArtifactoryProvider } from '../../../src/core/providers/ArtifactoryProvider.ts';
import { AzureCredentialStore } from '../../../src/core/providers/azure/AzureCredentialStore.ts';
import { EcrProvider } from '../../../src/core/providers/EcrProvider.ts';
import { GhcrProvider } from '../../../src/core/providers/GhcrProvider.ts';
import { GiteaProvider } from '../../../src/core/providers/GiteaProvider.ts';
import { GitLabProvider } from '../../../src/core/providers/GitLabProvider.ts';
import { GoogleCredentialStore } from '../../../src/core/providers/google/GoogleCredentialStore.ts';
import { readServiceAccountKeyFile } from '../../../src/core/providers/google/serviceAccountKey.ts';
import { GoogleProvider } from '../../../src/core/providers/GoogleProvider.ts';
import type { ProviderSettings } from '../../../src/core/providers/ProviderContext.ts';
import { discoverEndpoint } from '../../../src/core/registry/discoverEndpoint.ts';
import { TWO_PROFILES, useAwsHome, type AwsHomeFiles } from '../../support/awsHome.ts';
import { bareTransport } from '../../support/bareTransport.ts';
import { startAcrContract } from '../../support/contract/acr.ts';
import { startArtifactoryContract } from '../../support/contract/artifactory.ts';
import { startEcrContract } from '../../support/contract/ecr.ts';
import { startGitHubContract, type GitHubContractOptions } from '../../support/contract/gitHub.ts';
import { startGitLabContract } from '../../support/contract/gitlab.ts';
import { startGoogleContract } from '../../support/contract/google.ts';
import { json, reply } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';
import { GITEA_USER, startGitea, type GiteaServer } from '../../support/servers/gitea.ts';
import { sampleImage } from '../../support/sampleImage.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';
import { wordsOf } from '../../support/words.ts';
import { CONNECTION_ID, createTestJournal } from '../operations/operationsFixture.ts';

const { signal } = new AbortController();
const basic = (username: string, password: string) => ({ kind: 'basic', username, password }) as const;

describe('Bad input, in words', () => {
  describe('AWS', () => {
    async function wordsOfAws(
      settings: ProviderSettings,
      files: AwsHomeFiles,
      denied: readonly string[] = [],
      environment: Readonly<Record<string, string>> = {},
    ) {
      await using home = new AsyncDisposableStack();
      home.use(await useAwsHome(files));
      Object.assign(process.env, environment);
      await using ecr = await startEcrContract({ keys: { AKIADEFAULT: denied } });
      await using connection = new TestConnection(ecr.server.origin);
      const apiUrl = ecr.server.origin;
      const context = testProviderContext(connection, {
        settings: { apiUrl, region: 'eu-west-1', profile: '', ...settings },
      });
      const words = await wordsOf(new EcrProvider(context).listRepositories(undefined, signal));
      return { ...words, message: words.message.replaceAll(ecr.server.host, 'ECR') };
    }
    const sso = [
      '[profile work]',
      'sso_session = corp',
      'sso_account_id = 111122223333',
      'sso_role_name = dev',
      '[sso-session corp]',
      'sso_start_url = https://corp.awsapps.com/start',
      'sso_region = eu-west-1',
    ].join('\n');

    it('a profile that is not there', async () => {
      assert.deepEqual(await wordsOfAws({ profile: 'wrok' }, { credentials: TWO_PROFILES }), {
        message:
          'There is no AWS profile "wrok" in ~/.aws/config or ~/.aws/credentials. Choose another, or make it with "aws configure --profile wrok".',
        action: 'signIn',
      });
    });

    it('a single sign-on that has ended', async () => {
      assert.deepEqual(await wordsOfAws({ profile: 'work' }, { config: sso }), {
        message:
          'The single sign-on of the AWS profile "work" has ended. Run "aws sso login --profile work" in a terminal, then try again.',
        action: 'retry',
      });
    });

    it('a role that the profile’s keys may not take', async () => {
      await using sts = await FaultServer.start();
      // https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html, in the shape of its query protocol.
      const refusal =
        '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: dev is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/push</Message></Error></ErrorResponse>';
      sts.on('POST /', reply(403, refusal, { 'content-type': 'text/xml' }));
      const role = [
        '[profile role]',
        'region = eu-west-1',
        'role_arn = arn:aws:iam::111122223333:role/push',
        'source_profile = default',
      ].join('\n');
      const files = { credentials: TWO_PROFILES, config: role };
      const words = await wordsOfAws({ profile: 'role' }, files, [], { AWS_ENDPOINT_URL_STS: sts.origin });
      assert.equal(
        words.message,
        'Could not list repositories. The account has not the permission "sts:AssumeRole". Whoever manages access on https://console.aws.amazon.com/iam can grant it. It answered: "User: dev is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/push".',
      );
      assert.equal(sts.requests.length, 1);
    });

    it('a permission that is missing', async () => {
      const words = await wordsOfAws({}, { credentials: TWO_PROFILES }, ['DescribeRepositories']);
      assert.equal(
        words.message,
        'Could not list repositories. The account has not the permission "ecr:DescribeRepositories". Whoever manages access on https://console.aws.amazon.com/iam can grant it. It answered: "User: arn:aws:iam::111122223333:user/dev is not authorized to perform: ecr:DescribeRepositories".',
      );
    });
  });

  describe('Google', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = {
      type: 'service_account' as const,
      project_id: 'mine',
      client_email: 'berth@mine.iam.gserviceaccount.com',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      token_uri: 'https://oauth2.googleapis.com/token',
    };
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'berth-key-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    const fileOf = async (content: string) => {
      const path = join(folder, 'key.json');
      await writeFile(path, content);
      return path;
    };

    it('a key file is read onto one line, with all it holds', async () => {
      const text = await readServiceAccountKeyFile(await fileOf(JSON.stringify(key, undefined, 2)));
      assert.ok(!text.includes('\n'));
      assert.deepEqual(JSON.parse(text), key);
    });

    for (const [kind, content] of Object.entries({
      'of another kind': JSON.stringify({ ...key, type: 'authorized_user' }),
      'that is no JSON': '{"type": "service_account", "private_key": "canary',
      'without a private key': JSON.stringify({ ...key, private_key: undefined }),
      'that is empty': '',
      'that is far too long': JSON.stringify({ ...key, more: 'canary'.repeat(20_000) }),
    })) {
      it(`a key file ${kind}`, async () => {
        const path = await fileOf(content);
        assert.deepEqual(await wordsOf(readServiceAccountKeyFile(path)), {
          message: `${path} is not the key of a service account. Make one on https://console.cloud.google.com/iam-admin/serviceaccounts (Keys > Add key, JSON).`,
          action: 'retry',
        });
      });
    }

    it('a key file that is gone', async () => {
      const { message } = await wordsOf(readServiceAccountKeyFile(join(folder, 'none.json')));
      assert.match(message, /none\.json is not the key of a service account\./);
    });

    it('a key that Google no longer knows', async () => {
      await using google = await FaultServer.start();
      google.on(
        'POST /token',
        json({ error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, 400),
      );
      const store = new GoogleCredentialStore(
        (url, init) => fetch(google.origin + new URL(url instanceof Request ? url.url : url).pathname, init),
        key,
      );
      assert.deepEqual(await wordsOf(store.get({ key: 'gcr.io' }, signal)), {
        message:
          'Google Cloud does not accept the service-account key: it is damaged or was deleted, or its account is disabled. Make another on https://console.cloud.google.com/iam-admin/serviceaccounts, and sign in with it. It answered: "invalid_grant: Invalid JWT Signature.".',
        action: 'signIn',
      });
    });

    it('a key whose private part is damaged', async () => {
      const store = new GoogleCredentialStore(() => assert.fail('nothing is to be sent'), {
        ...key,
        private_key: 'no key',
      });
      const { message, action } = await wordsOf(store.get({ key: 'gcr.io' }, signal));
      assert.match(message, /^Google Cloud does not accept the service-account key: it is damaged/);
      assert.equal(action, 'signIn');
    });

    it('an account without the permission', async () => {
      const accessToken = 'ya29';
      await using google = await startGoogleContract({ accessToken, closedPaths: ['mine/images/app'] });
      await using connection = new TestConnection(`${google.server.origin}/mine/images`, {
        credential: basic('oauth2accesstoken', accessToken),
      });
      const provider = new GoogleProvider(testProviderContext(connection));
      const { message, action } = await wordsOf(provider.listTags('app', undefined, signal));
      assert.equal(
        message,
        'Could not list tags (mine/images/app). The account has not the permission "artifactregistry.repositories.downloadArtifacts" (roles/artifactregistry.reader). Whoever manages access on https://console.cloud.google.com/iam-admin/iam can grant it. It answered: "Permission denied".',
      );
      assert.equal(action, 'signIn');
    });
  });

  describe('GitHub', () => {
    async function wordsOfGitHub(options: Partial<GitHubContractOptions>, hides = false) {
      await using gitHub = await startGitHubContract({ token: 'ghp', organizations: ['acme'], ...options });
      if (hides) {
        gitHub.server
          .on('GET /orgs/acme/packages', json({ message: 'Not Found' }, 404))
          .on('GET /users/acme/packages', json({ message: 'Not Found' }, 404));
      }
      await using connection = new TestConnection(gitHub.server.origin, {
        endpoint: { namespacePrefix: 'acme' },
      });
      const provider = await GhcrProvider.open(
        testProviderContext(connection, {
          settings: { apiUrl: gitHub.server.origin },
          credential: basic('me', 'ghp'),
        }),
      );
      const words = await wordsOf(provider.listRepositories(undefined, signal));
      return { ...words, message: words.message.replaceAll(gitHub.server.host, 'api.github.com') };
    }

    it('a token without the scope', async () => {
      const { message, action } = await wordsOfGitHub({ scopes: ['repo'] });
      assert.equal(
        message,
        'Could not list repositories (acme). The token has not the scope "read:packages". Make one that has it on https://github.com/settings/tokens, and sign in with that. It answered: "You need at least read:packages scope".',
      );
      assert.equal(action, 'signIn');
    });

    it('an organization that hides its packages', async () => {
      assert.deepEqual(await wordsOfGitHub({ scopes: ['read:packages', 'read:org'] }, true), {
        message:
          'Could not list repositories (acme). GitHub shows this account no packages of "acme". An owner can let it see them on https://github.com/orgs/acme/people, or allow the application under Third-party Access; a repository you may pull can be pinned by name. It answered: "Not Found".',
        action: 'pinRepository',
      });
    });

    it('an organization that wants single sign-on', async () => {
      assert.deepEqual(await wordsOfGitHub({ scopes: ['read:packages'], singleSignOn: ['acme'] }), {
        message:
          'Could not list repositories (acme). The organization wants single sign-on. Authorize the token for it on https://github.com/settings/tokens (Configure SSO), then try again.',
        action: 'retry',
      });
    });
  });

  it('Azure: an account of another directory', async () => {
    await using registry = await startAcrContract({ repositories: {}, entraTokens: {} });
    const store = new AzureCredentialStore({
      registryUrl: registry.server.origin,
      entraTokens: [() => Promise.resolve('of another tenant')],
      openTransport: bareTransport,
    });
    const { message, action } = await wordsOf(store.get({ key: registry.server.host }, signal));
    assert.equal(
      message.replaceAll(registry.server.host, 'HOST'),
      'HOST does not accept the Microsoft account: it is of another directory (tenant), which the connection’s setting "tenant" can name, or has no role on the registry. Whoever manages access there can grant it with "az role assignment create --assignee USER --role AcrPull --scope $(az acr show --name NAME --query id --output tsv)". It answered: "authentication required, visit https://aka.ms/acr/authorization for more information.".',
    );
    assert.equal(action, 'signIn');
  });

  it('Azure: a tag that is locked, when it is to be moved', async () => {
    const [old, newer] = [sampleImage({ layer: 'old' }), sampleImage({ layer: 'new' })];
    const manifests = [
      { ...old, tags: ['stable'] },
      { ...newer, tags: ['2.0'] },
    ];
    await using registry = await startAcrContract({
      repositories: { app: { manifests, tagAttributes: { stable: { writeEnabled: false } } } },
      accounts: { 'admin:secret': ['AcrPull'] },
    });
    await using connection = new TestConnection(registry.server.origin, {
      credential: basic('admin', 'secret'),
    });
    await using kept = await createTestJournal();
    const provider = new AcrProvider(testProviderContext(connection));
    const request = { repository: 'app', source: '2.0', targetTag: 'stable', overwrite: true };
    const options = { journal: kept.journal, connectionId: CONNECTION_ID, signal };
    assert.deepEqual(await wordsOf(retag(provider, request, options)), {
      message:
        'Could not write the manifest (app:stable). The tag, its image or the repository is locked. To see what: az acr repository show --name NAME --repository app',
      action: 'retry',
    });
  });

  it('GitLab of one’s own: a token without the scope', async () => {
    await using gitLab = await startGitLabContract({ token: 'glpat', scopes: [] });
    const { origin, host } = gitLab.server;
    const credential = basic('me', 'glpat');
    await using connection = new TestConnection(origin, { credential });
    const provider = await GitLabProvider.open(testProviderContext(connection, { credential }));
    const { message, action } = await wordsOf(provider.listRepositories(undefined, signal));
    assert.equal(
      message.replaceAll(host, 'HOST'),
      'Could not list repositories. The token has not the scope "read_api". Make one that has it on http://HOST/-/user_settings/personal_access_tokens, and sign in with that. It answered: "The request requires higher privileges than provided by the access token.".',
    );
    assert.equal(action, 'signIn');
  });

  describe('Artifactory', () => {
    async function wordsOfArtifactory(path: string, pathStyle: 'api' | 'namespace') {
      await using artifactory = await startArtifactoryContract({
        repositories: { 'docker-local': [] },
        account: 'ada:secret',
        root: 'byPath',
      });
      const credential = basic('ada', 'secret');
      await using connection = new TestConnection(artifactory.server.origin + path, {
        credential,
        pathStyle,
      });
      const provider = new ArtifactoryProvider(testProviderContext(connection, { credential }));
      const { message, action } = await wordsOf(provider.listRepositories(undefined, signal));
      return { message: message.replaceAll(artifactory.server.host, 'HOST'), action };
    }

    for (const [where, path, pathStyle] of [
      ['in its address', '/artifactory/api/docker/docker-lokal', 'api'],
      ['before the names of its images', '/docker-lokal', 'namespace'],
    ] as const) {
      it(`a repository key that is wrong, ${where}`, async () => {
        assert.deepEqual(await wordsOfArtifactory(path, pathStyle), {
          message:
            'Could not list repositories. Artifactory has no Docker repository with the key "docker-lokal", or does not show it to this account. The keys are on http://HOST/ui/repos/tree/General; the address of the connection names one.',
          action: 'editConnection',
        });
      });
    }

    it('the address of Artifactory itself', async () => {
      await using server = await FaultServer.start();
      server.on('GET /*', reply(404, '', { 'x-jfrog-version': 'Artifactory/7.104.5 80405900' }));
      assert.deepEqual(await wordsOfDiscovery(server, '/artifactory'), {
        message:
          'Could not check the registry. Artifactory itself answers at HOST, and no Docker repository. The address names the key of one: https://HOST/artifactory/api/docker/KEY.',
        action: 'editConnection',
      });
    });
  });

  it('Nexus: the port of Nexus itself', async () => {
    await using server = await FaultServer.start();
    server.on('GET /*', reply(404, '<html></html>', { server: 'Nexus/3.83.0-08 (COMMUNITY)' }));
    assert.deepEqual(await wordsOfDiscovery(server), {
      message:
        'Could not check the registry. Nexus itself answers at HOST, and no Docker repository. Use the port of the repository’s connector (Settings > Repositories), or https://HOST/repository/NAME.',
      action: 'editConnection',
    });
  });

  describe('Gitea', function () {
    this.timeout(60_000);
    let gitea: GiteaServer;
    before(async () => {
      gitea = await startGitea();
    });
    after(() => gitea.stop());

    it('a token that may not read packages', async () => {
      const credential = basic(GITEA_USER, await gitea.createToken(['read:user']));
      await using connection = new TestConnection(gitea.url, { credential });
      const provider = new GiteaProvider(testProviderContext(connection, { credential }));
      const { message, action } = await wordsOf(provider.listRepositories(undefined, signal));
      assert.equal(
        message.replaceAll(new URL(gitea.url).host, 'HOST'),
        'Could not list repositories. The token has not the scope "read:package". Make one that has it on http://HOST/user/settings/applications, and sign in with that.',
      );
      assert.equal(action, 'signIn');
    });

    it('a token that may read packages and not delete them', async () => {
      const credential = basic(GITEA_USER, await gitea.createToken(['read:package']));
      await using connection = new TestConnection(gitea.url, { credential });
      const provider = new GiteaProvider(testProviderContext(connection, { credential }));
      const { message, action } = await wordsOf(provider.deleteTag('ada/app', '1.0', signal));
      assert.equal(
        message.replaceAll(new URL(gitea.url).host, 'HOST'),
        'Could not delete the tag (ada/app:1.0). The token has not the scope "write:package". Make one that has it on http://HOST/user/settings/applications, and sign in with that.',
      );
      assert.equal(action, 'signIn');
    });
  });

  async function wordsOfDiscovery(server: FaultServer, path = '') {
    const options = { tls: {}, proxy: { strictProxyTls: true }, logger: nullLogger, userAgent: 'berth-test' };
    const { message, action } = await wordsOf(discoverEndpoint(server.origin + path, options, signal));
    return { message: message.replaceAll(server.host, 'HOST'), action };
  }
});
