/**
 * Every provider against the same faults of the server its tags come from: what passes is waited out, what does not is
 * one error that names host and operation, and paging without an end shows what came. Rows 20 to 23, 47 and 49.
 */
import assert from 'node:assert/strict';
import { request } from 'undici';
import { isCoreError, type CoreError } from '../../../src/core/common/CoreError.ts';
import type { Credential } from '../../../src/core/credentials/CredentialStore.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { createProvider } from '../../../src/core/providers/index.ts';
import type { ProviderSettings } from '../../../src/core/providers/ProviderContext.ts';
import type { RegistryProvider } from '../../../src/core/providers/RegistryProvider.ts';
import type { PathStyle } from '../../../src/core/registry/RegistryEndpoint.ts';
import { RepositoryListing } from '../../../src/explorer/RepositoryListing.ts';
import { TWO_PROFILES, useAwsHome } from '../../support/awsHome.ts';
import { acrImages, startAcrContract } from '../../support/contract/acr.ts';
import { artifactoryTag, startArtifactoryContract } from '../../support/contract/artifactory.ts';
import { hubTag, startHubContract } from '../../support/contract/dockerHub.ts';
import { startEcrContract } from '../../support/contract/ecr.ts';
import { startGitHubContract } from '../../support/contract/gitHub.ts';
import { startGitLabContract } from '../../support/contract/gitlab.ts';
import { startGoogleContract } from '../../support/contract/google.ts';
import { harborArtifact, startHarborContract } from '../../support/contract/harbor.ts';
import { startNexusContract } from '../../support/contract/nexus.ts';
import { quayTag, startQuayContract } from '../../support/contract/quay.ts';
import { startZotContract, zotImage } from '../../support/contract/zot.ts';
import { json, reply } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';
import { wordsOf } from '../../support/words.ts';

/** A kind of registry with more than a page of tags in one repository. */
interface Subject {
  readonly start: (names: readonly string[]) => Promise<{ readonly server: FaultServer } & AsyncDisposable>;
  readonly repository: string;
  /** The requests that a page of tags comes by. */
  readonly route: string;
  readonly credential?: Credential;
  readonly path?: string;
  readonly pathStyle?: PathStyle;
  readonly settings?: ProviderSettings;
  /** Where the API is the host's own address this is false. */
  readonly hasApiUrl?: true;
  readonly tags: number;
}

const PASSWORD = { kind: 'basic', username: 'ada', password: 'canary' } as const;

const plain = async (server: FaultServer | Promise<FaultServer>) => {
  const started = await server;
  return { server: started, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
};
const ecrImage = (name: string) => ({
  imageDigest: digestOf(Buffer.from(name)),
  imageTags: [name],
  imageSizeInBytes: 1,
  imagePushedAt: 1_770_000_000,
  imageManifestMediaType: 'application/vnd.oci.image.manifest.v1+json',
});

/** Tags as the distribution API pages them. */
async function startPlainRegistry(names: readonly string[], repository: string) {
  const server = await FaultServer.start();
  server.on('GET /v2/', json({}));
  server.on(`GET /v2/${repository}/tags/list`, (exchange) => {
    const { pathname, searchParams: query } = new URL(exchange.request.url, server.origin);
    const start = names.indexOf(query.get('last') ?? '') + 1;
    const page = names.slice(start, start + Number(query.get('n')));
    const link = `<${pathname}?n=${query.get('n')}&last=${page.at(-1)}>; rel="next"`;
    void json({ name: repository, tags: page }, 200, { ...(start + page.length < names.length && { link }) })(
      exchange,
    );
  });
  return plain(server);
}

const SUBJECTS: Readonly<Record<string, Subject>> = {
  dockerHub: {
    start: (names) =>
      startHubContract({ repositories: { 'library/app': names.map((name, index) => hubTag(name, index)) } }),
    repository: 'library/app',
    route: 'GET /v2/namespaces/library/repositories/app/tags',
    hasApiUrl: true,
    tags: 250,
  },
  ecr: {
    start: (names) => startEcrContract({ keys: { AKIADEFAULT: [] }, images: names.map(ecrImage) }),
    repository: 'team/app',
    route: 'POST /',
    hasApiUrl: true,
    settings: { region: 'eu-west-1', profile: '' },
    tags: 2_500,
  },
  ghcr: {
    start: async (names) => {
      const gitHub = await startGitHubContract({ token: 'canary', organizations: ['acme'] });
      for (const name of names) gitHub.push('acme/app', [name]);
      return gitHub;
    },
    repository: 'acme/app',
    route: 'GET /orgs/acme/packages/container/app/versions',
    credential: PASSWORD,
    hasApiUrl: true,
    tags: 250,
  },
  google: {
    start: (names) =>
      startGoogleContract({
        accessToken: 'canary',
        images: {
          'p/app': Object.fromEntries(names.map((name) => [digestOf(Buffer.from(name)), { tag: [name] }])),
        },
      }),
    repository: 'p/app',
    route: 'GET /v2/p/app/tags/list',
    credential: { ...PASSWORD, username: 'oauth2accesstoken' },
    tags: 250,
  },
  acr: {
    start: (names) =>
      startAcrContract({
        repositories: { app: { manifests: acrImages(names.length, digestOf) } },
        accounts: { 'ada:canary': ['AcrPull'] },
      }),
    repository: 'app',
    route: 'GET /acr/v1/app/_tags',
    credential: PASSWORD,
    tags: 250,
  },
  gitlab: {
    start: (names) => {
      const tags = names.map((name) => ({
        name,
        digest: digestOf(Buffer.from(name)),
        totalSize: '5',
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
      }));
      return startGitLabContract({ token: 'canary', projects: { 'group/app': { '': tags } } });
    },
    repository: 'group/app',
    route: 'POST /api/graphql',
    credential: PASSWORD,
    tags: 250,
  },
  quay: {
    start: (names) =>
      plain(
        startQuayContract({
          repositories: { 'team/app': names.map((name) => quayTag(name)) },
          publicRepositories: ['team/app'],
        }),
      ),
    repository: 'team/app',
    route: 'GET /api/v1/repository/team/app/tag/',
    tags: 250,
  },
  harbor: {
    start: (names) =>
      startHarborContract({ repositories: { 'library/app': names.map((name) => harborArtifact([name])) } }),
    repository: 'library/app',
    route: 'GET /api/v2.0/projects/library/repositories/app/artifacts',
    tags: 250,
  },
  zot: {
    start: (names) => plain(startZotContract({ repositories: { app: names.map((name) => zotImage(name)) } })),
    repository: 'app',
    route: 'GET /v2/_zot/ext/search',
    tags: 2_500,
  },
  artifactory: {
    start: (names) =>
      startArtifactoryContract({
        account: 'ada:canary',
        repositories: { local: names.flatMap((name) => artifactoryTag('app', name)) },
        root: { key: 'local' },
      }),
    repository: 'app',
    route: 'POST /artifactory/api/search/aql',
    credential: PASSWORD,
    path: '/artifactory/api/docker/local',
    pathStyle: 'api',
    tags: 2_500,
  },
  nexus: {
    start: (names) =>
      startNexusContract({ repositories: { hosted: names.map((version) => ({ name: 'app', version })) } }),
    repository: 'app',
    route: 'GET /repository/hosted/v2/app/tags/list',
    path: '/repository/hosted',
    pathStyle: 'api',
    tags: 250,
  },
  gitea: {
    start: (names) => startPlainRegistry(names, 'ada/app'),
    repository: 'ada/app',
    route: 'GET /v2/ada/app/tags/list',
    tags: 2_500,
  },
  oci: {
    start: (names) => startPlainRegistry(names, 'app'),
    repository: 'app',
    route: 'GET /v2/app/tags/list',
    tags: 2_500,
  },
};

const HTML = reply(200, '<!doctype html><title>Sign in to the café</title>', { 'content-type': 'text/html' });
const LATER = json({ message: 'slow down' }, 429, { 'retry-after': '3600' });
const SOON = json({ message: 'slow down' }, 429, { 'retry-after': '0' });
const BROKEN = json({ message: 'try again' }, 503);

for (const [kind, subject] of Object.entries(SUBJECTS)) {
  describe(`Faults of the server of ${kind}`, () => {
    const { signal } = new AbortController();
    const names = Array.from({ length: subject.tags }, (_, index) => `v${index}`).sort();
    let home: AsyncDisposable;
    let contract: { readonly server: FaultServer } & AsyncDisposable;
    let connection: TestConnection;
    let provider: RegistryProvider;

    beforeEach(async () => {
      home = await useAwsHome({ credentials: TWO_PROFILES });
      contract = await subject.start(names);
      const { credential, path = '', pathStyle = 'namespace', hasApiUrl, settings = {} } = subject;
      const { origin } = contract.server;
      connection = new TestConnection(origin + path, { pathStyle, ...(credential && { credential }) });
      provider = await createProvider(
        kind,
        testProviderContext(connection, {
          ...(credential && { credential }),
          settings: { ...settings, ...(hasApiUrl && { apiUrl: origin }) },
        }),
      );
    });

    afterEach(async () => {
      await connection[Symbol.asyncDispose]();
      await contract[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    });

    const [method, path] = subject.route.split(' ') as [string, string];
    const asked = () => contract.server.requestsFor(path).filter((each) => each.method === method);
    const listTags = () => provider.listTags(subject.repository, undefined, signal);

    /** The one error that listing ends with: it says where and what, once at most four requests were made. */
    async function failure(): Promise<CoreError> {
      const error: unknown = await listTags().then(
        () => assert.fail('tags were listed'),
        (reason: unknown) => reason,
      );
      assert.ok(isCoreError(error), String(error));
      assert.ok(asked().length <= 4, `${asked().length} requests`);
      const { message } = await wordsOf(Promise.reject(error));
      // GitLab has to be asked first what it calls the repository.
      assert.match(message, /^Could not list (?:tags|repositories) \(.*app\)\. /);
      assert.ok(message.includes(error.details.host ?? 'no host'), message);
      return error;
    }

    it('too many requests: waits as long as it is told, and goes on', async () => {
      contract.server.next(subject.route, SOON);
      const { items } = await listTags();
      assert.ok(items.length > 0);
      assert.ok(asked().length <= 4, `${asked().length} requests`);
    });

    it('too many requests for an hour: says so at once', async () => {
      contract.server.on(subject.route, LATER);
      const { kind: what, details } = await failure();
      assert.deepEqual([what, details.retryAfterSeconds], ['rateLimited', 3600]);
      assert.equal(asked().length, 1);
    });

    it('broken for a moment: tries again', async () => {
      contract.server.next(subject.route, BROKEN, BROKEN);
      const { items } = await listTags();
      assert.ok(items.length > 0);
      assert.ok(asked().length <= 4, `${asked().length} requests`);
    });

    it('broken for good: gives up after three tries', async () => {
      contract.server.on(subject.route, BROKEN);
      const { kind: what, details } = await failure();
      assert.deepEqual([what, details.status], ['serverError', 503]);
      assert.equal(asked().length, 3);
    });

    it('a web page instead: says that this is no registry', async () => {
      contract.server.on('/*', HTML);
      const { kind: what } = await failure();
      assert.ok(['notARegistry', 'protocol'].includes(what), what);
    });

    /** Answers every request for tags as the first was, with other headers if need be. */
    async function repeatFirstPage(more: Readonly<Record<string, string>> = {}): Promise<void> {
      await listTags();
      // Before it there may be one that was asked to sign in.
      const { url, headers, body } = asked().at(-1)!;
      const answer = await request(contract.server.origin + url, {
        method: method as 'GET',
        headers: without(headers, 'content-length', 'transfer-encoding', 'connection'),
        ...(body.length > 0 && { body }),
      });
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      const given = without(
        answer.headers,
        'content-length',
        'transfer-encoding',
        'connection',
        'keep-alive',
      );
      contract.server.on(subject.route, reply(answer.statusCode, bytes, { ...given, ...more }));
      contract.server.requests.length = 0;
    }

    /** All that the tree would ever load. */
    async function loadAll() {
      const listing = new RepositoryListing(provider, subject.repository, 10, () => undefined);
      await listing.view({ sortBy: 'name', filter: 'none of them', showAttachments: false });
      return listing.view({ sortBy: 'name', filter: '', showAttachments: false });
    }

    it('the same page for ever: shows it, and ends there', async () => {
      await repeatFirstPage();
      const { tags, hasMorePages } = await loadAll();
      assert.ok(tags.length > 0);
      assert.equal(hasMorePages, false);
      assert.ok(asked().length <= 4, `${asked().length} requests`);
    });

    it('a next page at another host: asks nobody there, and shows what came', async () => {
      await using other = await FaultServer.start();
      await repeatFirstPage({ link: `<${other.origin}${path}?last=x>; rel="next"` });
      const { tags, hasMorePages } = await loadAll();
      assert.ok(tags.length > 0);
      assert.equal(hasMorePages, false);
      assert.equal(other.requests.length, 0);
    });
  });
}

function without(headers: Readonly<Record<string, unknown>>, ...names: readonly string[]) {
  const kept = Object.entries(headers).filter(([name]) => !names.includes(name));
  return Object.fromEntries(kept) as Record<string, string>;
}
