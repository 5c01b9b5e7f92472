import assert from 'node:assert/strict';
import type { RegistryProvider } from '../../../src/core/providers/RegistryProvider.ts';
import { RepositoryCatalog } from '../../../src/explorer/RepositoryCatalog.ts';

/** A registry that pages by number, one name a page. */
function catalogOf(pageAt: (page: number) => readonly string[], pages: number) {
  let asked = 0;
  const provider = {
    capabilities: { listsRepositories: true },
    listRepositories: (cursor = '0') => {
      asked += 1;
      const next = Number(cursor) + 1;
      return Promise.resolve({
        items: pageAt(Number(cursor)),
        ...(next < pages && { nextCursor: String(next) }),
      });
    },
  } as unknown as RegistryProvider;
  const options = { open: () => Promise.resolve(provider), hasPins: () => false };
  return { catalog: new RepositoryCatalog(options, 1_000), asked: () => asked };
}

describe('RepositoryCatalog', () => {
  const { signal } = new AbortController();

  it('ends where a registry gives the same page for ever, and says so', async () => {
    const { catalog, asked } = catalogOf(() => ['app'], Infinity);
    await catalog.load(signal);
    assert.deepEqual([[...catalog.names], catalog.hasMorePages, catalog.truncated], [['app'], false, true]);
    assert.equal(asked(), 2);
  });

  it('goes on past pages that hold nothing, and what was known before it was listed', async () => {
    const pages = [['app'], [], ['pushed'], ['tool']];
    const { catalog } = catalogOf((page) => pages[page]!, pages.length);
    catalog.include('pushed');
    await catalog.load(signal);
    assert.deepEqual([...catalog.names].sort(), ['app', 'pushed', 'tool']);
    assert.equal(catalog.truncated, false);
  });
});
