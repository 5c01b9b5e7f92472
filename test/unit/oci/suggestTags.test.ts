import assert from 'node:assert/strict';
import fc from 'fast-check';
import { familiarReference, isRepositoryName, parseReference } from '../../../src/core/oci/reference.ts';
import { suggestReferences, suggestTags, toRepositoryName } from '../../../src/core/oci/suggestTags.ts';
import type { BuildFacts } from '../../../src/core/oci/suggestTags.ts';

const facts = (more: Partial<BuildFacts>): BuildFacts => ({
  folderName: 'shop',
  referenceHosts: [],
  ...more,
});

describe('suggestTags', () => {
  it('suggests v1.0.0 for a checkout exactly at the tag v1.0.0', () => {
    assert.deepEqual(suggestTags(facts({ gitDescribe: 'v1.0.0' })), ['v1.0.0']);
    assert.deepEqual(suggestTags(facts({ gitDescribe: 'v1.0.0', branch: 'HEAD' })), ['v1.0.0']);
  });

  it('suggests what git describes after a tag, and marks uncommitted changes once', () => {
    assert.deepEqual(suggestTags(facts({ gitDescribe: 'v1.0.0-3-gabc123' })), ['v1.0.0-3-gabc123']);
    assert.deepEqual(suggestTags(facts({ gitDescribe: 'v1.0.0', dirty: true })), ['v1.0.0-dirty']);
    assert.deepEqual(suggestTags(facts({ gitDescribe: 'v1.0.0-dirty', dirty: true })), ['v1.0.0-dirty']);
  });

  it('turns branches into the tags people expect', () => {
    const ofBranch = (branch: string) => suggestTags(facts({ branch }))[0];
    assert.equal(ofBranch('main'), 'latest');
    assert.equal(ofBranch('master'), 'latest');
    assert.equal(ofBranch('develop'), 'dev');
    assert.equal(ofBranch('staging'), 'staging');
    assert.equal(ofBranch('production'), 'prod');
    assert.equal(ofBranch('feature/Login Form#2'), 'feature-Login-Form-2');
    assert.equal(ofBranch('constructor'), 'constructor');
  });

  it('suggests latest where git says nothing usable', () => {
    assert.deepEqual(suggestTags(facts({})), ['latest']);
    assert.deepEqual(suggestTags(facts({ gitDescribe: '', branch: 'HEAD' })), ['latest']);
    assert.deepEqual(suggestTags(facts({ gitDescribe: '---' })), ['latest']);
  });
});

describe('suggestReferences', () => {
  it('offers each tag for each connection, then locally', () => {
    const references = suggestReferences(
      facts({ gitDescribe: 'v1.0.0', branch: 'main', referenceHosts: ['localhost:5000', 'ghcr.io/acme'] }),
    );
    assert.deepEqual(references, [
      'localhost:5000/shop:v1.0.0',
      'ghcr.io/acme/shop:v1.0.0',
      'shop:v1.0.0',
      'localhost:5000/shop:latest',
      'ghcr.io/acme/shop:latest',
      'shop:latest',
    ]);
  });

  it('offers Docker Hub as people write it, and nothing twice', () => {
    assert.deepEqual(suggestReferences(facts({ referenceHosts: ['docker.io', 'docker.io/acme'] })), [
      'shop:latest',
      'acme/shop:latest',
    ]);
  });

  it('leaves out a connection whose name makes no reference', () => {
    assert.deepEqual(suggestReferences(facts({ referenceHosts: ['--oops', 'a b'] })), ['shop:latest']);
  });

  it('makes only legal references, whatever folder and git say', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[A-Za-z0-9._/ -]{0,200}$/));
    fc.assert(
      fc.property(text, text, text, fc.boolean(), (folderName, gitDescribe, branch, dirty) => {
        const references = suggestReferences({
          folderName,
          gitDescribe,
          branch,
          dirty,
          referenceHosts: ['x.io:1'],
        });
        assert.ok(references.length >= 2);
        for (const reference of references)
          assert.equal(familiarReference(parseReference(reference)), reference);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('toRepositoryName', () => {
  it('keeps what it can of a folder name', () => {
    assert.equal(toRepositoryName('My Shop (v2)'), 'my-shop-v2');
    assert.equal(toRepositoryName('Über_Café'), 'uber_cafe');
    assert.equal(toRepositoryName('a__b--c.d'), 'a__b--c.d');
    assert.equal(toRepositoryName('a___b._c'), 'a-b-c');
    assert.equal(toRepositoryName('.config'), 'config');
    assert.equal(toRepositoryName('日本'), 'image');
  });

  it('always gives a legal name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (folder) => isRepositoryName(toRepositoryName(folder))),
    );
  });
});
