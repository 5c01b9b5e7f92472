/** Retagging onto what the registry locks: said while the tag is typed, before anything is asked or sent. */
import * as assert from 'node:assert/strict';
import { wordLockedTag } from '../../src/commands/tags/wordLockedTag.ts';
import { digestOf } from '../../src/core/oci/digest.ts';
import { connectionId } from '../../src/platform/Connection.ts';
import { acrImages, startAcrContract } from '../support/contract/acr.ts';
import { TreeFixture } from './TreeFixture.ts';

describe('A tag that is typed for an image', () => {
  it('is refused where the registry locks it, as far as it was listed, without a request', async () => {
    await using registry = await startAcrContract({
      repositories: {
        app: {
          manifests: acrImages(3, digestOf),
          tagAttributes: { v0: { writeEnabled: false }, v1: { deleteEnabled: false } },
        },
      },
      accounts: { 'admin:secret': ['AcrPull'] },
    });
    const url = registry.server.origin;
    const setting = { url, provider: 'acr', auth: 'password', username: 'admin', name: 'Azure' };
    await using fixture = await TreeFixture.open(setting);
    await fixture.secrets.store(connectionId(setting), url, 'admin', 'secret');
    const source = await fixture.find('Azure', 'app', 'v2');
    assert.ok(source.kind === 'tag');
    const asked = registry.server.requests.length;
    const problemOf = (tag: string) => wordLockedTag(fixture.tree, source, tag);
    assert.equal(problemOf('v0'), '"v0" is locked: the registry does not move it. Type another tag.');
    // One that may only not be deleted can be moved; of one that was not listed the registry has the word.
    assert.deepEqual([problemOf('v1'), problemOf('v2'), problemOf('new')], [undefined, undefined, undefined]);
    assert.equal(registry.server.requests.length, asked);
  });
});
