/** The Registries tree over real and misbehaving registries, in a real extension host. */
import * as assert from 'node:assert/strict';
import { once } from 'node:events';
import * as vscode from 'vscode';
import { isCoreError } from '../../src/core/common/CoreError.ts';
import { digestOf } from '../../src/core/oci/digest.ts';
import { MediaType } from '../../src/core/oci/mediaType.ts';
import type { RegistriesNode, TagNode } from '../../src/explorer/nodes.ts';
import { json, reply, reset, stall } from '../support/faultServer/behaviours.ts';
import { FaultServer, type Behaviour } from '../support/faultServer/FaultServer.ts';
import { forward } from '../support/forward.ts';
import { pushSample, sampleImage, sampleIndex } from '../support/sampleImage.ts';
import { startDistribution } from '../support/servers/distribution.ts';
import { startOlareg } from '../support/servers/olareg.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { anonymous, textOf, TreeFixture, writeConnections } from './TreeFixture.ts';

const ok = reply(200, '{}', { 'content-type': 'application/json' });

/** A registry of fixed answers: repositories and tags by name, every manifest unknown. */
function serveLists(server: FaultServer, repositories: Readonly<Record<string, readonly string[]>>): void {
  server.on('/v2/', ok).on('GET /v2/_catalog', json({ repositories: Object.keys(repositories) }));
  for (const [name, tags] of Object.entries(repositories)) {
    if (/^[\w/.-]+$/.test(name)) server.on(`GET /v2/${name}/tags/list`, json({ name, tags }));
  }
}

function kinds(nodes: readonly RegistriesNode[]): string[] {
  return nodes.map(({ kind }) => kind);
}

describe('The Registries tree', () => {
  let distribution: TestServer;
  let olareg: TestServer;

  before('real registries with something in them', async () => {
    [distribution, olareg] = await Promise.all([startDistribution(), startOlareg()]);
    await using open = new TestConnection(distribution.url);
    const image = sampleImage();
    for (const name of ['zeta', 'alpha', 'team/app10', 'team/app2', 'team/deep/tool']) {
      await pushSample(open.client, name, image, 'v1', 'v2');
    }
  });
  after(() => Promise.all([distribution.stop(), olareg.stop()]));

  describe('shows', () => {
    it('namespaces first, then repositories, each in natural order', async () => {
      await using fixture = await TreeFixture.open(anonymous(distribution.url, { name: 'Local' }));
      const registry = await fixture.find('Local');
      assert.deepEqual(await fixture.labels(registry), ['team', 'team/deep', 'alpha', 'zeta']);
      const team = await fixture.find('Local', 'team');
      assert.deepEqual(await fixture.labels(team), ['app2', 'app10']);
      const app = await fixture.find('Local', 'team', 'app2');
      assert.deepEqual(await fixture.labels(app), ['v2', 'v1']);
      assert.equal(fixture.tree.getParent(app)?.id, team.id);
    });

    it('pinned repositories where there is no catalog, and says why there are no others', async () => {
      await using direct = new TestConnection(olareg.url);
      await pushSample(direct.client, 'pinned/app', sampleImage(), 'v1');
      await using front = await FaultServer.start();
      front.on('*', forward(olareg.url)).on('GET /v2/_catalog', reply(404));
      await using fixture = await TreeFixture.open(anonymous(front.origin, { repositories: ['pinned/app'] }));
      const children = await fixture.tree.getChildren((await fixture.roots())[0]);
      assert.deepEqual(kinds(children), ['namespace', 'message']);
      assert.match(fixture.label(children[1]!), /Only pinned/);
      const [repository] = await fixture.tree.getChildren(children[0]);
      assert.deepEqual(
        [repository?.kind, fixture.tree.getTreeItem(repository!).contextValue],
        ['repository', 'repository:pinned'],
      );
      assert.deepEqual(await fixture.labels(repository), ['v1']);
    });

    it('one node that offers to pin where there is neither a catalog nor a pin', async () => {
      await using front = await FaultServer.start();
      front.on('/v2/', ok).on('GET /v2/_catalog', reply(404));
      await using fixture = await TreeFixture.open(anonymous(front.origin));
      const children = await fixture.tree.getChildren((await fixture.roots())[0]);
      assert.deepEqual(kinds(children), ['error']);
      assert.equal(fixture.tree.getTreeItem(children[0]!).contextValue, 'error:pinRepository');
    });

    it('what is attached to an image once each: BuildKit, the referrers API and cosign together', async () => {
      await using direct = new TestConnection(olareg.url);
      const { client } = direct;
      const image = sampleImage({ layer: 'attached' });
      const attestation = sampleImage({ layer: 'provenance' });
      const index = sampleIndex([
        [image, 'linux/amd64'],
        [attestation, 'unknown/unknown', { 'vnd.docker.reference.type': 'attestation-manifest' }],
      ]);
      const sbom = sampleImage({ layer: 'sbom', subject: index, artifactType: 'application/spdx+json' });
      const signature = sampleImage({ layer: 'signature' });
      await pushSample(client, 'signed', image);
      await pushSample(client, 'signed', attestation);
      await pushSample(client, 'signed', index, 'v1');
      // The SBOM is listed by the API and carries cosign's tag as well.
      const cosign = index.digest.replace(':', '-');
      await pushSample(client, 'signed', sbom, sbom.digest, `${cosign}.sbom`);
      await pushSample(client, 'signed', signature, `${cosign}.sig`);
      await using fixture = await TreeFixture.open(
        anonymous(olareg.url, { name: 'Olareg', repositories: ['signed'] }),
      );
      assert.deepEqual(await fixture.labels(await fixture.find('Olareg', 'signed')), ['v1']);
      const tag = await fixture.find('Olareg', 'signed', 'v1');
      assert.deepEqual(await fixture.labels(tag), ['linux/amd64', 'Referrers']);
      const referrers = await fixture.tree.getChildren(
        await fixture.find('Olareg', 'signed', 'v1', 'Referrers'),
      );
      assert.deepEqual(
        referrers.map((node) => (node.kind === 'referrer' ? node.descriptor.digest : node.kind)).sort(),
        [attestation.digest, sbom.digest, signature.digest].sort(),
      );
      assert.deepEqual(referrers.map((node) => fixture.label(node)).sort(), [
        'Attestation (BuildKit)',
        'SBOM (SPDX)',
        'Signature',
      ]);
    });

    it('an index that lists one manifest for two platforms, each as a node of its own', async () => {
      await using direct = new TestConnection(olareg.url);
      const image = sampleImage({ layer: 'twice' });
      const index = sampleIndex([
        [image, 'linux/amd64'],
        [image, 'linux/arm64'],
      ]);
      await pushSample(direct.client, 'twice', image);
      await pushSample(direct.client, 'twice', index, 'v1');
      await using fixture = await TreeFixture.open(
        anonymous(olareg.url, { name: 'Olareg', repositories: ['twice'] }),
      );
      const platforms = await fixture.tree.getChildren(await fixture.find('Olareg', 'twice', 'v1'));
      assert.deepEqual(kinds(platforms), ['platform', 'platform']);
      assert.equal(new Set(platforms.map(({ id }) => id)).size, 2);
    });

    it('two connections to one host apart, each with its own prefix and user', async () => {
      await using server = await FaultServer.start();
      serveLists(server, { 'one/app': ['v1'], 'two/app': ['v1'] });
      const seen = new Map<string, string | undefined>();
      const remember: Behaviour = (exchange) => {
        const { url, headers } = exchange.request;
        seen.set(url.split('?')[0]!, headers.authorization);
        const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1];
        return basic === undefined
          ? reply(401, '', { 'www-authenticate': 'Basic realm="test"' })(exchange)
          : json({ name: 'app', tags: [Buffer.from(basic, 'base64').toString().split(':')[0]] })(exchange);
      };
      server.on('GET /v2/one/app/tags/list', remember).on('GET /v2/two/app/tags/list', remember);
      const url = (path: string) => `${server.origin}/${path}`;
      await using fixture = await TreeFixture.open(
        { url: url('one'), name: 'One', auth: 'password', username: 'ann' },
        { url: url('two'), name: 'Two', auth: 'password', username: 'bob' },
      );
      await fixture.secrets.store(`${url('one')}#ann`, url('one'), 'ann', 'pw-ann');
      await fixture.secrets.store(`${url('two')}#bob`, url('two'), 'bob', 'pw-bob');
      assert.deepEqual(await fixture.labels(await fixture.find('One')), ['app']);
      assert.deepEqual(await fixture.labels(await fixture.find('One', 'app')), ['ann']);
      assert.deepEqual(await fixture.labels(await fixture.find('Two', 'app')), ['bob']);
      const encode = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
      assert.deepEqual(Object.fromEntries(seen), {
        '/v2/one/app/tags/list': encode('ann:pw-ann'),
        '/v2/two/app/tags/list': encode('bob:pw-bob'),
      });
    });

    it('more repositories when asked, page by page, and all of them again after a refresh', async () => {
      await using server = await FaultServer.start();
      server.on('/v2/', ok).on('GET /v2/_catalog', (exchange) => {
        const isSecond = new URL(exchange.request.url, server.origin).searchParams.get('last') === 'b';
        return json({ repositories: isSecond ? ['c', 'd'] : ['a', 'b'] }, 200, {
          ...(!isSecond && { link: '</v2/_catalog?last=b&n=2>; rel="next"' }),
        })(exchange);
      });
      await using fixture = await TreeFixture.open(anonymous(server.origin));
      const [registry] = await fixture.roots();
      const first = await fixture.tree.getChildren(registry);
      assert.deepEqual(kinds(first), ['repository', 'repository', 'loadMore']);
      await fixture.tree.loadMore(first[2]!);
      assert.deepEqual(fixture.changes.at(-1), [registry]);
      assert.deepEqual(await fixture.labels(registry), ['a', 'b', 'c', 'd']);
      assert.equal(server.requestsFor('/v2/_catalog').length, 2);
      fixture.tree.refreshNode(registry!);
      assert.deepEqual(await fixture.labels(registry), ['a', 'b', 'c', 'd']);
    });
  });

  describe('knows capabilities', () => {
    it('of what somebody asked about, in its tooltip, and asks nothing by itself', async () => {
      await using server = await FaultServer.start();
      server.on('*', forward(distribution.url));
      await using fixture = await TreeFixture.open(anonymous(server.origin, { name: 'R' }));
      const registry = await fixture.find('R');
      const repository = await fixture.find('R', 'team', 'app2');
      const tooltip = async (node: RegistriesNode) => {
        const item = await fixture.tree.resolveTreeItem(fixture.tree.getTreeItem(node), node);
        return textOf(item.tooltip);
      };
      assert.doesNotMatch(await tooltip(registry), /[✓✗]/);
      assert.ok(server.requests.every(({ method }) => method === 'GET'));

      const { signal } = new AbortController();
      const ignore = (): void => undefined;
      const redrawn = fixture.nextChange();
      await fixture.capabilities.probeRegistry(server.origin, ignore, signal);
      assert.deepEqual(await redrawn, [registry]);
      assert.match(await tooltip(registry), /^✓ List the repositories$/m);
      const subject = { connectionId: server.origin, repository: 'team/app2' };
      await fixture.capabilities.probeRepository(subject, 'all', ignore, signal);
      assert.match(await tooltip(repository), /^✗ Delete one tag$/m);

      fixture.sessions.reset(server.origin);
      assert.doesNotMatch(await tooltip(registry), /[✓✗]/);
    });
  });

  describe('shows what the search found', () => {
    it('a repository on a page that is not loaded, and a tag that the filter hides', async () => {
      await using server = await FaultServer.start();
      serveLists(server, { app: ['v1', 'v2'], far: ['v1'] });
      server.on(
        'GET /v2/_catalog',
        json({ repositories: ['app'] }, 200, { link: '</v2/_catalog?last=app&n=1>; rel="next"' }),
      );
      await using fixture = await TreeFixture.open(anonymous(server.origin, { name: 'R' }));
      const registry = await fixture.find('R');
      assert.deepEqual(await fixture.labels(registry), ['app', 'Load More…']);
      const far = fixture.tree.showNode(server.origin, 'far');
      assert.deepEqual(await fixture.labels(registry), ['app', 'far', 'Load More…']);
      assert.equal(fixture.label(far!), 'far');

      const app = await fixture.find('R', 'app');
      assert.ok(app.kind === 'repository');
      fixture.tree.setFilter(app, 'v2');
      assert.deepEqual(await fixture.labels(app), ['v2']);
      const tag = fixture.tree.showNode(server.origin, 'app', 'v1');
      assert.deepEqual(await fixture.labels(app), ['v2', 'v1']);
      assert.equal(fixture.tree.getParent(tag!)?.id, app.id);
    });

    it('without loading more into the tree than was asked for', async () => {
      await using server = await FaultServer.start();
      serveLists(server, { app: ['v1'] });
      server.on(
        'GET /v2/_catalog',
        json({ repositories: ['app'] }, 200, { link: '</v2/_catalog?last=app&n=1>; rel="next"' }),
        json({ repositories: ['more'] }),
      );
      await using fixture = await TreeFixture.open(anonymous(server.origin, { name: 'R' }));
      const registry = await fixture.find('R');
      await fixture.labels(registry);
      const [source] = fixture.tree.searchSources();
      await source!.loadMore(new AbortController().signal);
      assert.deepEqual([...source!.repositories()], ['app', 'more']);
      assert.equal(source!.hasMore(), false);
      assert.deepEqual(await fixture.labels(registry), ['app', 'Load More…']);
    });
  });

  describe('keeps failures where they are', () => {
    it('a registry that fails is one node with the reason and the next step; the others answer', async () => {
      await using broken = await FaultServer.start();
      broken.on('*', reply(500));
      await using shy = await FaultServer.start();
      shy.on('*', reply(401, '', { 'www-authenticate': 'Basic realm="shy"' }));
      await using fixture = await TreeFixture.open(
        anonymous(broken.origin),
        anonymous(shy.origin),
        anonymous(distribution.url),
      );
      const roots = await fixture.roots();
      const [failing, asking, good] = await Promise.all(roots.map((root) => fixture.tree.getChildren(root)));
      assert.deepEqual(kinds(failing!), ['error']);
      const item = fixture.tree.getTreeItem(failing![0]!);
      assert.equal(item.contextValue, 'error:retry');
      assert.match(textOf(item.tooltip), new RegExp(`${broken.host} failed with status 500`));
      assert.equal(item.command?.command, 'berth.resolveError');
      assert.equal(fixture.tree.getTreeItem(asking![0]!).contextValue, 'error:signIn');
      assert.ok(good!.length > 1);
    });

    it('a registry that hangs keeps no other waiting', async () => {
      await using hanging = await FaultServer.start();
      hanging.on('*', stall);
      await using fixture = await TreeFixture.open(anonymous(hanging.origin), anonymous(distribution.url));
      const [slow, good] = await fixture.roots();
      let isAnswered = false;
      const waiting = fixture.tree.getChildren(slow).finally(() => (isAnswered = true));
      await hanging.until(() => hanging.requests.length > 0);
      assert.ok((await fixture.tree.getChildren(good)).length > 1);
      assert.equal(isAnswered, false);
      fixture.tree.onDidCollapse(slow!);
      assert.deepEqual(await waiting, []);
    });

    it('what was there stays under the reason when reading it anew fails, and comes back without it', async () => {
      await using server = await FaultServer.start();
      serveLists(server, { app: ['v1', 'v2'] });
      await using fixture = await TreeFixture.open(anonymous(server.origin, { name: 'R' }));
      const app = await fixture.find('R', 'app');
      assert.deepEqual(await fixture.labels(app), ['v2', 'v1']);
      server.on('GET /v2/app/tags/list', reply(403));
      fixture.tree.refreshNode(app);
      assert.deepEqual(kinds(await fixture.tree.getChildren(app)), ['error', 'tag', 'tag']);
      server.on('GET /v2/app/tags/list', json({ name: 'app', tags: ['v3'] }));
      fixture.tree.refreshNode(app);
      assert.deepEqual(await fixture.labels(app), ['v3']);
    });

    it('a tag that was deleted is not among what stays', async () => {
      await using server = await FaultServer.start();
      serveLists(server, { app: ['v1', 'v2'] });
      await using fixture = await TreeFixture.open(anonymous(server.origin, { name: 'R' }));
      const app = await fixture.find('R', 'app');
      await fixture.tree.getChildren(app);
      server.on('GET /v2/app/tags/list', reply(403));
      fixture.sessions.notifyRepositoryChanged(server.origin, 'app', ['v2']);
      const children = await fixture.tree.getChildren(app);
      assert.deepEqual(
        children.map((child) => (child.kind === 'tag' ? child.tag : child.kind)),
        ['error', 'v1'],
      );
    });

    it('an entry of the setting that does not parse is a node that says what is wrong', async () => {
      await using fixture = await TreeFixture.open({ name: 'no address' }, anonymous(distribution.url));
      const roots = await fixture.roots();
      assert.deepEqual(kinds(roots), ['invalidConnection', 'registry']);
      const item = fixture.tree.getTreeItem(roots[0]!);
      assert.match(textOf(item.description), /"url"/);
      assert.equal(item.command?.command, 'workbench.action.openSettings');
    });
  });

  describe('asks no more than it must', () => {
    it('a node that is closed stops its requests, and goes on when it is opened again', async () => {
      await using server = await FaultServer.start();
      serveLists(server, { app: ['v1', 'v2', 'v3'] });
      let closed: Promise<unknown> | undefined;
      server.on('GET /v2/app/tags/list', ({ socket }) => {
        closed = once(socket, 'close');
      });
      await using fixture = await TreeFixture.open(anonymous(server.origin, { name: 'R' }));
      const app = await fixture.find('R', 'app');
      const waiting = fixture.tree.getChildren(app);
      await server.until(() => closed !== undefined);
      fixture.tree.onDidCollapse(app);
      assert.deepEqual(await waiting, []);
      await closed;
      server.on('GET /v2/app/tags/list', json({ name: 'app', tags: ['v1', 'v2', 'v3'] }));
      const changed = fixture.nextChange();
      fixture.tree.onDidExpand(app);
      assert.deepEqual(await changed, [app]);
      assert.deepEqual(await fixture.labels(app), ['v3', 'v2', 'v1']);
    });

    it('who asked before a refresh gets what was read after it', async () => {
      await using server = await FaultServer.start();
      serveLists(server, { app: ['v1'] });
      server.on('GET /v2/app/tags/list', stall, json({ name: 'app', tags: ['v1', 'v2'] }));
      await using fixture = await TreeFixture.open(anonymous(server.origin, { name: 'R' }));
      const app = await fixture.find('R', 'app');
      const waiting = fixture.tree.getChildren(app);
      await server.until(() => server.requestsFor('/v2/app/tags/list').length === 1);
      fixture.tree.refreshRepository(server.origin, 'app');
      const labels = (await waiting).map((node) => (node.kind === 'tag' ? node.tag : node.kind));
      assert.deepEqual(labels, ['v2', 'v1']);
      assert.deepEqual(await fixture.labels(app), ['v2', 'v1']);
      assert.equal(server.requestsFor('/v2/app/tags/list').length, 2);
    });

    it('a closed repository reads no more details', async () => {
      await using server = await FaultServer.start();
      const tags = Array.from({ length: 60 }, (_, index) => `v${index}`);
      serveLists(server, { app: tags });
      server.on('/v2/app/manifests/*', stall);
      await using fixture = await TreeFixture.open(anonymous(server.origin, { name: 'R' }));
      const app = await fixture.find('R', 'app');
      await fixture.tree.getChildren(app);
      await server.until(() => server.requests.some(({ url }) => url.includes('/manifests/')));
      fixture.tree.onDidCollapse(app);
      await server.until(() => server.openConnections === 0);
      const asked = server.requests.length;
      assert.ok(asked < 20, `${asked} requests`);
      const changed = fixture.nextChange();
      fixture.tree.onDidExpand(app);
      assert.deepEqual(await changed, [app]);
      assert.equal(server.requests.length, asked);
    });

    it('refreshing a node asks for that node only', async () => {
      await using front = await FaultServer.start();
      front.on('*', forward(distribution.url));
      await using fixture = await TreeFixture.open(anonymous(front.origin, { name: 'R' }));
      const team = await fixture.find('R', 'team');
      const app = await fixture.find('R', 'team', 'app2');
      const other = await fixture.find('R', 'alpha');
      await fixture.tree.getChildren(app);
      await fixture.tree.getChildren(other);
      const listed = () =>
        front.requests
          .filter(({ url }) => /_catalog|tags\/list/.test(url))
          .map(({ url }) => url.split('?')[0]);
      const open = async () => {
        for (const node of [await fixture.find('R'), team, app, other]) await fixture.tree.getChildren(node);
      };
      await open();
      front.requests.length = 0;
      await open();
      assert.deepEqual(listed(), [], 'what is loaded is not asked for again');
      fixture.tree.refreshNode(app);
      await open();
      assert.deepEqual(listed(), ['/v2/team/app2/tags/list']);
      front.requests.length = 0;
      fixture.tree.refreshNode(team);
      await open();
      assert.deepEqual(listed(), ['/v2/_catalog', '/v2/team/app2/tags/list']);
    });

    it('details of rows arrive in one event that names those rows and nothing else', async () => {
      await using direct = new TestConnection(olareg.url);
      await pushSample(direct.client, 'rows', sampleImage({ layer: 'rows' }), 'v1', 'v2', 'v3');
      await using fixture = await TreeFixture.open(
        anonymous(olareg.url, { name: 'R', repositories: ['rows'] }),
      );
      const rows = await fixture.tree.getChildren(await fixture.find('R', 'rows'));
      const changed = await fixture.nextChange();
      assert.deepEqual(new Set(changed), new Set(rows), 'the very objects that VS Code holds');
      for (const row of rows) assert.match(textOf(fixture.tree.getTreeItem(row).description), /ago/);
      assert.equal(fixture.changes.length, 1);
    });

    it('a row that is only drawn anew has nothing read, and who asks twice at once shares one answer', async () => {
      await using direct = new TestConnection(olareg.url);
      await pushSample(direct.client, 'drawn', sampleImage({ layer: 'drawn' }), 'v1');
      await using front = await FaultServer.start();
      front.on('*', forward(olareg.url));
      await using fixture = await TreeFixture.open(
        anonymous(front.origin, { name: 'R', repositories: ['drawn'] }),
      );
      const detailsArrived = fixture.nextChange();
      const tag = await fixture.find('R', 'drawn', 'v1');
      await detailsArrived;
      const asked = () => front.requestsFor('/v2/drawn/manifests/v1').length;
      const before = asked();
      const [once, again] = await Promise.all([fixture.tree.getChildren(tag), fixture.tree.getChildren(tag)]);
      assert.deepEqual([asked() - before, once], [1, again]);

      const connectionId = fixture.settings.connections()[0]!.id;
      const digest = fixture.tree.detailsOf(tag as TagNode)!.digest;
      const verification = { keyName: 'k.pub', fingerprint: 'SHA256:x', checked: [] };
      fixture.verifications.record({ connectionId, repository: 'drawn', digest }, verification);
      assert.deepEqual(fixture.changes.at(-1), [tag]);
      assert.deepEqual(await fixture.tree.getChildren(tag), once);
      assert.equal(asked() - before, 1);
      fixture.tree.refreshNode(tag);
      await fixture.tree.getChildren(tag);
      assert.ok(asked() - before > 1, 'a refresh reads');
    });
  });

  describe('follows what changes', () => {
    it('the setting: a connection added, edited and removed in settings.json shows at once', async () => {
      await using fixture = await TreeFixture.open(anonymous(distribution.url, { name: 'Before' }));
      await fixture.roots();
      await writeConnections([
        anonymous(distribution.url, { name: 'After' }),
        anonymous(olareg.url, { name: 'New' }),
      ]);
      assert.equal(fixture.changes.at(-1), undefined);
      assert.ok(fixture.changes.length > 0);
      assert.deepEqual(await fixture.labels(), ['After', 'New']);
      await writeConnections([anonymous(olareg.url, { name: 'New' })]);
      assert.deepEqual(await fixture.labels(), ['New']);
    });

    it('a connection that is reached in another way is read anew on the new way', async () => {
      await using server = await FaultServer.start();
      serveLists(server, { app: ['v1'] });
      await using fixture = await TreeFixture.open(anonymous(server.origin, { name: 'R' }));
      const app = await fixture.find('R', 'app');
      await fixture.tree.getChildren(app);
      const asked = server.requestsFor('/v2/app/tags/list').length;
      await writeConnections([{ url: server.origin, name: 'R', auth: 'docker' }]);
      await server.until(() => server.openConnections === 0);
      assert.deepEqual(await fixture.labels(await fixture.find('R', 'app')), ['v1']);
      assert.equal(server.requestsFor('/v2/app/tags/list').length, asked + 1);
    });

    it('lookups for the palette leave the nodes that VS Code holds alone', async () => {
      await using fixture = await TreeFixture.open(anonymous(distribution.url, { name: 'R' }));
      const [registry] = await fixture.roots();
      const [team] = await fixture.tree.getChildren(registry);
      const [app] = await fixture.tree.getChildren(team);
      assert.equal(fixture.tree.registryNodes()[0], registry);
      assert.equal(fixture.tree.repositoryNode(distribution.url, 'team/app2'), app);
      assert.equal(fixture.tree.tagNode(distribution.url, 'team/app2', 'v9')?.parent, app);
      assert.equal(app?.parent, team);
      fixture.tree.refreshConnection(distribution.url);
      assert.equal(fixture.changes.at(-1)?.[0], registry);
    });

    it('a list that was asked for before a deletion never replaces the one asked for after it', async () => {
      await using server = await FaultServer.start();
      serveLists(server, { app: ['v1', 'v2'], gone: ['v1'] });
      const held: (() => void)[] = [];
      const hold =
        (body: unknown): Behaviour =>
        (exchange) =>
          new Promise((resolve) => {
            held.push(() => resolve(json(body)(exchange)));
          });
      server.on('GET /v2/_catalog', hold({ repositories: ['app', 'gone'] }), json({ repositories: ['app'] }));
      server.on(
        'GET /v2/app/tags/list',
        hold({ name: 'app', tags: ['v1', 'v2'] }),
        json({ name: 'app', tags: ['v1'] }),
      );
      await using fixture = await TreeFixture.open(anonymous(server.origin, { name: 'R' }));
      const [registry] = await fixture.roots();
      const names = fixture.tree.repositoryNames(server.origin, new AbortController().signal);
      const earlier = fixture.tree.getChildren(registry);
      await server.until(() => held.length === 1);
      fixture.tree.refreshConnection(server.origin);
      assert.deepEqual(await fixture.labels(registry), ['app']);
      held.shift()!();
      await Promise.all([names, earlier]);
      assert.deepEqual(await fixture.labels(registry), ['app']);

      const app = await fixture.find('R', 'app');
      const earlierTags = fixture.tree.getChildren(app);
      await server.until(() => held.length === 1);
      fixture.sessions.notifyRepositoryChanged(server.origin, 'app', ['v2']);
      assert.deepEqual(await fixture.labels(app), ['v1']);
      held.shift()!();
      assert.deepEqual(
        (await earlierTags).filter((node) => fixture.label(node) === 'v2'),
        [],
      );
      assert.deepEqual(await fixture.labels(app), ['v1']);
    });

    it('a repository that a push made appears', async () => {
      await using direct = new TestConnection(distribution.url);
      await using fixture = await TreeFixture.open(anonymous(distribution.url, { name: 'R' }));
      const registry = await fixture.find('R');
      assert.equal((await fixture.labels(registry)).includes('fresh'), false);
      await pushSample(direct.client, 'fresh', sampleImage(), 'v1');
      fixture.sessions.notifyRepositoryChanged(distribution.url, 'fresh');
      assert.deepEqual(fixture.changes.at(-1), [registry]);
      assert.equal((await fixture.labels(registry)).includes('fresh'), true);
    });
  });

  describe('every item', () => {
    async function walk(fixture: TreeFixture, node?: RegistriesNode): Promise<RegistriesNode[]> {
      const children = await fixture.tree.getChildren(node);
      const below: RegistriesNode[] = [];
      for (const child of children) {
        const state = fixture.tree.getTreeItem(child).collapsibleState;
        if (state === vscode.TreeItemCollapsibleState.Collapsed) below.push(...(await walk(fixture, child)));
      }
      return [...children, ...below];
    }

    it('has an id of its own that stays over a refresh, a context value and words for a screen reader', async () => {
      await using direct = new TestConnection(olareg.url);
      const image = sampleImage({ layer: 'walk' });
      await pushSample(direct.client, 'walk/app', image, 'image');
      await pushSample(direct.client, 'walk/app', sampleIndex([[image, 'linux/amd64']]), 'index');
      await pushSample(
        direct.client,
        'walk/app',
        sampleImage({ subject: image, artifactType: 'application/spdx+json' }),
      );
      await using broken = await FaultServer.start();
      broken.on('*', reset);
      await using fixture = await TreeFixture.open(
        anonymous(olareg.url, { repositories: ['walk/app'] }),
        anonymous(distribution.url),
        anonymous(broken.origin),
        { url: 'not an address' },
      );
      const nodes = await walk(fixture);
      const seen = new Set(kinds(nodes));
      for (const kind of [
        'registry',
        'invalidConnection',
        'namespace',
        'repository',
        'tag',
        'error',
        'message',
      ]) {
        assert.ok(seen.has(kind), kind);
      }
      for (const kind of ['platform', 'layers', 'layer', 'referrers', 'referrer']) {
        assert.ok(seen.has(kind), kind);
      }
      const ids = nodes.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, 'no id twice');
      for (const node of nodes) {
        const item = await fixture.tree.resolveTreeItem(fixture.tree.getTreeItem(node), node);
        assert.equal(item.id, node.id);
        assert.ok(item.contextValue?.startsWith(node.kind), `${node.kind}: ${item.contextValue}`);
        assert.ok(item.accessibilityInformation?.label, `${node.kind} is spoken`);
        assert.ok(item.tooltip, `${node.kind} has a tooltip`);
      }
      fixture.tree.refreshAll();
      assert.deepEqual(
        (await walk(fixture)).map(({ id }) => id),
        ids,
      );
    });

    it('shows nothing of what a hostile registry hides in its answers', async () => {
      const evil = '\u001b[31m\u202Eevil\u200B<img src=x>[click](command:evil)\r\n\u0007';
      await using server = await FaultServer.start();
      const config = Buffer.from('{}');
      const layer = { mediaType: `application/${evil}`, digest: digestOf(config), size: 2 };
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: MediaType.ociManifest,
        artifactType: `application/${evil}`,
        config: { mediaType: MediaType.ociConfig, digest: digestOf(config), size: 2 },
        layers: [layer],
      });
      const index = JSON.stringify({
        schemaVersion: 2,
        mediaType: MediaType.ociIndex,
        manifests: [
          {
            mediaType: MediaType.ociManifest,
            digest: digestOf(Buffer.from(manifest)),
            size: manifest.length,
            platform: { os: evil, architecture: evil },
          },
        ],
      });
      const referrers = JSON.stringify({
        schemaVersion: 2,
        mediaType: MediaType.ociIndex,
        manifests: [{ ...layer, artifactType: evil }],
      });
      serveLists(server, { [evil]: [], app: ['v1', 'v2', evil, '../../x', '-rf'] });
      server
        .on('/v2/app/referrers/*', reply(200, referrers, { 'content-type': MediaType.ociIndex }))
        .on('/v2/app/blobs/*', reply(200, config))
        .on(
          '/v2/app/manifests/*',
          reply(404, JSON.stringify({ errors: [{ code: evil, message: evil }] }), {
            'content-type': 'application/json',
          }),
        )
        .on('/v2/app/manifests/v1', reply(200, manifest, { 'content-type': MediaType.ociManifest }))
        .on('/v2/app/manifests/v2', reply(200, index, { 'content-type': MediaType.ociIndex }));
      await using fixture = await TreeFixture.open(anonymous(server.origin, { name: `Name ${evil}` }));
      const nodes = await walk(fixture);
      assert.deepEqual(
        nodes.flatMap((node) => (node.kind === 'tag' ? node.tag : [])),
        ['v2', 'v1'],
      );
      assert.deepEqual(
        nodes.flatMap((node) => (node.kind === 'repository' ? node.repository : [])),
        ['app'],
      );
      for (const kind of ['platform', 'layer', 'referrer', 'error']) {
        assert.ok(kinds(nodes).includes(kind), kind);
      }
      for (const node of nodes) {
        const { label, description, tooltip, accessibilityInformation } = fixture.tree.getTreeItem(node);
        for (const text of [label, description, tooltip, accessibilityInformation?.label]) {
          assert.doesNotMatch(
            textOf(text), // and never Markdown
            /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B-\u200F\u202A-\u202E\u2066-\u2069]/,
            node.kind,
          );
        }
      }
    });
  });

  it('tells a command that its connection is gone', async () => {
    await using fixture = await TreeFixture.open();
    await assert.rejects(
      fixture.tree.session({ connectionId: 'https://gone.example' }),
      (error) => isCoreError(error, 'notFound') && error.details.reason === 'noConnection',
    );
  });
});
