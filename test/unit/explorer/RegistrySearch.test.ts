import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { RegistrySearch, type SearchSource } from '../../../src/explorer/RegistrySearch.ts';
import { cancelledError } from '../../../src/core/registry/transport/cancellation.ts';

/** A connection whose pages come when the test says so; what it is asked is recorded. */
class ScriptedSource implements SearchSource {
  readonly id: string;
  readonly host = 'localhost:5000';
  readonly asked: string[] = [];
  readonly aborted: string[] = [];
  readonly #pages: (readonly string[] | Error | Promise<readonly string[]>)[];
  readonly #names = new Set<string>();
  tags: Readonly<Record<string, readonly string[]>> = {};
  opened: Readonly<Record<string, readonly string[]>> = {};
  publicNames: readonly string[] = [];
  /** Questions about tags and public repositories stay open. */
  isSilent = false;

  constructor(id: string, ...pages: (readonly string[] | Error | Promise<readonly string[]>)[]) {
    this.id = id;
    this.#pages = pages;
  }

  repositories = () => this.#names;
  hasMore = () => this.#pages.length > 0;
  loadedTags = () => Object.entries(this.opened);

  async loadMore(): Promise<void> {
    const page = await this.#pages.shift();
    if (page instanceof Error) throw page;
    for (const name of page ?? []) this.#names.add(name);
  }

  async listTags(repository: string, signal: AbortSignal): Promise<readonly string[]> {
    await this.#answer(`tags ${repository}`, signal);
    return this.tags[repository] ?? [];
  }

  async searchPublic(text: string, signal: AbortSignal) {
    await this.#answer(`public ${text}`, signal);
    return this.publicNames.map((repository) => ({ repository, description: 'of somebody' }));
  }

  #answer(question: string, signal: AbortSignal): Promise<void> {
    this.asked.push(question);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        this.aborted.push(question);
        reject(cancelledError());
      });
      if (!this.isSilent) resolve();
    });
  }
}

/** A search that tells of changes at once. */
class Fixture implements AsyncDisposable {
  readonly search: RegistrySearch;
  changes = 0;

  constructor(...sources: SearchSource[]) {
    this.search = new RegistrySearch(sources, {
      onChange: () => (this.changes += 1),
      pauseMs: 0,
      batchMs: 0,
    });
  }

  /** `source: repository[:tag] …` of each group. */
  get found(): string[] {
    return this.search
      .groups()
      .map(
        ({ source, hits, moreCount, error }) =>
          `${source.id}: ${hits.map(({ repository, tag }) => (tag === undefined ? repository : `${repository}:${tag}`)).join(' ')}` +
          (moreCount > 0 ? ` +${moreCount}` : '') +
          (error === undefined ? '' : ` (${(error as Error).message})`),
      );
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await nextTurn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.search.dispose();
  }
}

describe('The search over all registries', () => {
  it('streams what fits as registries answer, in the order of the connections', async () => {
    const slow = Promise.withResolvers<readonly string[]>();
    await using fixture = new Fixture(
      new ScriptedSource('slow', slow.promise),
      new ScriptedSource('quick', ['team/api', 'team/web'], ['api']),
    );
    fixture.search.start();
    await fixture.search.setText('api');
    await fixture.until(() => fixture.found.join() === 'quick: api team/api');
    assert.equal(fixture.search.isBusy, true);
    slow.resolve(['my-api']);
    await fixture.until(() => !fixture.search.isBusy);
    assert.deepEqual(fixture.found, ['slow: my-api', 'quick: api team/api']);
  });

  it('lets a registry that fails be one line, and searches the others', async () => {
    await using fixture = new Fixture(
      new ScriptedSource('dead', new Error('gone')),
      new ScriptedSource('live', ['api']),
    );
    fixture.search.start();
    await fixture.search.setText('api');
    await fixture.until(() => !fixture.search.isBusy);
    assert.deepEqual(fixture.found, ['dead:  (gone)', 'live: api']);
  });

  it('keeps what was listed before a registry failed', async () => {
    await using fixture = new Fixture(new ScriptedSource('flaky', ['api'], new Error('gone')));
    fixture.search.start();
    await fixture.search.setText('api');
    await fixture.until(() => !fixture.search.isBusy);
    assert.deepEqual(fixture.found, ['flaky: api (gone)']);
  });

  it('asks for tags of the repositories that fit, the tag itself first, once for all that is typed', async () => {
    const source = new ScriptedSource('r', ['team/api', 'team/web']);
    source.tags = { 'team/api': ['v1.2.0', '1.2', 'x1.2', `sha256-${'a'.repeat(64)}.sig`] };
    await using fixture = new Fixture(source);
    fixture.search.start();
    await fixture.until(() => !fixture.search.isBusy);
    await fixture.search.setText('api:1.2');
    assert.deepEqual(fixture.found, ['r: team/api:1.2 team/api:v1.2.0 team/api:x1.2 team/api']);
    await fixture.search.setText('api:v');
    assert.deepEqual(fixture.found, ['r: team/api:v1.2.0 team/api']);
    assert.deepEqual(source.asked, ['tags team/api']);
  });

  it('asks for tags of a repository that is listed only after its tag was typed', async () => {
    const page = Promise.withResolvers<readonly string[]>();
    const source = new ScriptedSource('r', page.promise);
    source.tags = { api: ['1'] };
    await using fixture = new Fixture(source);
    fixture.search.start();
    await fixture.search.setText('api:1');
    page.resolve(['api']);
    await fixture.until(() => fixture.found[0] === 'r: api:1 api');
  });

  it('finds tags of repositories that are open, without asking', async () => {
    const source = new ScriptedSource('r', ['team/api']);
    source.opened = { 'team/api': ['v1', 'nightly'] };
    await using fixture = new Fixture(source);
    fixture.search.start();
    await fixture.search.setText('api night');
    assert.deepEqual(
      source.asked.filter((question) => question.startsWith('tags')),
      [],
    );
    assert.deepEqual(fixture.found, ['r: team/api:nightly']);
  });

  it('shows what a public search finds behind what is listed, each once', async () => {
    const source = new ScriptedSource('hub', ['me/nginx']);
    source.publicNames = ['library/nginx', 'me/nginx'];
    await using fixture = new Fixture(source);
    fixture.search.start();
    await fixture.until(() => !fixture.search.isBusy);
    await fixture.search.setText('nginx');
    assert.deepEqual(fixture.found, ['hub: me/nginx library/nginx']);
    assert.equal(fixture.search.groups()[0]!.hits[1]!.isPublic, true);
  });

  it('gives up what was asked for a text when the text changes, and never shows its answer', async () => {
    const source = new ScriptedSource('r', ['api', 'web']);
    source.isSilent = true;
    await using fixture = new Fixture(source);
    fixture.search.start();
    await fixture.until(() => !fixture.search.isBusy);
    const first = fixture.search.setText('api:1');
    await fixture.until(() => source.asked.length === 1);
    source.isSilent = false;
    source.tags = { web: ['2'] };
    await fixture.search.setText('web:2');
    await first;
    assert.deepEqual(source.aborted, ['tags api']);
    assert.deepEqual(fixture.found, ['r: web:2 web']);
  });

  it('asks nothing for a text that is gone before the pause in typing is over', async () => {
    const source = new ScriptedSource('r', ['api']);
    const search = new RegistrySearch([source], { onChange: () => undefined, pauseMs: 60_000 });
    search.start();
    const typing = ['a', 'ap', 'api'].map((text) => search.setText(text));
    search.dispose();
    await Promise.all(typing);
    assert.deepEqual(source.asked, []);
  });

  it('tells of no change once it is closed', async () => {
    const page = Promise.withResolvers<readonly string[]>();
    const fixture = new Fixture(new ScriptedSource('r', page.promise));
    fixture.search.start();
    fixture.search.dispose();
    page.resolve(['api']);
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    assert.equal(fixture.changes, 0);
  });

  it('shows the best of very many, says how many more there are, and leaves the event loop its turns', async () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `team${index % 100}/service-${index}`);
    await using fixture = new Fixture(new ScriptedSource('large', [...names, 'service']));
    fixture.search.start();
    await fixture.until(() => !fixture.search.isBusy);
    let turns = 0;
    let isDone = false;
    const typing = fixture.search.setText('service').finally(() => (isDone = true));
    await fixture.until(() => {
      turns += 1;
      return isDone;
    });
    await typing;
    const [group] = fixture.search.groups();
    assert.equal(group!.hits[0]!.repository, 'service');
    assert.equal(group!.hits.length, 50);
    assert.equal(group!.moreCount, names.length + 1 - 50);
    assert.ok(turns >= 20, `only ${turns} turns`);
  });
});
