import * as assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import {
  parseBuildTags,
  recallBuild,
  rememberBuild,
  type BuildChoices,
} from '../../../src/core/docker/rememberedBuild.ts';
import type { BuildFacts } from '../../../src/core/oci/suggestTags.ts';

const FACTS: BuildFacts = { folderName: 'app', gitDescribe: 'v1.0.0', branch: 'main', referenceHosts: [] };
const CHOICES: BuildChoices = {
  context: '/work/app',
  target: 'final',
  buildArgs: { VERSION: '1' },
  platforms: ['linux/amd64'],
  tags: ['localhost:5000/app:v1.0.0', 'app:latest'],
  output: 'load',
  noCache: true,
  pull: false,
};

describe('A remembered build', () => {
  it('starts the next one with the same answers', () => {
    assert.deepEqual(recallBuild(rememberBuild(CHOICES, FACTS), FACTS), CHOICES);
  });

  it('follows git where the tag came from it, and keeps what was typed', () => {
    const later = { ...FACTS, gitDescribe: 'v1.1.0' };
    assert.deepEqual(recallBuild(rememberBuild(CHOICES, FACTS), later)?.tags, [
      'localhost:5000/app:v1.1.0',
      'app:latest',
    ]);
  });

  it('keeps a branch’s tag as it is where there is no checkout', () => {
    const noGit: BuildFacts = { folderName: 'app', branch: 'main', referenceHosts: [] };
    const choices = { ...CHOICES, tags: ['app:latest'] };
    assert.deepEqual(recallBuild(rememberBuild(choices, noGit), FACTS)?.tags, ['app:latest']);
  });

  it('holds no value of an argument whose name tells of a secret', () => {
    const text = rememberBuild({ ...CHOICES, buildArgs: { NPM_TOKEN: 'c4nary', A: '1' } }, FACTS);
    assert.ok(!text.includes('c4nary'));
    assert.deepEqual(recallBuild(text, FACTS)?.buildArgs, { A: '1' });
  });

  it('is nothing where what is stored is something else', () => {
    for (const text of [undefined, '', 'null', '[]', '{"context":""}', '{"context":"/x","output":"fly"}']) {
      assert.equal(recallBuild(text, FACTS), undefined);
    }
  });
});

describe('parseBuildTags', () => {
  it('takes several references, each once, latest where none has a tag', () => {
    assert.deepEqual(parseBuildTags(' app app:latest,localhost:5000/app:1\ndocker.io/library/app '), [
      'app:latest',
      'localhost:5000/app:1',
    ]);
    assert.deepEqual(parseBuildTags(''), []);
  });

  it('says what is wrong with the first bad one', () => {
    const reasonOf = (text: string): string | undefined => {
      try {
        parseBuildTags(text);
        return undefined;
      } catch (error) {
        return isCoreError(error, 'invalidInput') ? error.details.reason : String(error);
      }
    };
    assert.equal(reasonOf('good Bad:1'), 'uppercaseRepository');
    assert.equal(reasonOf('a:b:c'), 'badTag');
    assert.equal(reasonOf(`app@sha256:${'0'.repeat(64)}`), 'digestAsTag');
    assert.equal(reasonOf('--all'), 'forbiddenCharacter');
  });
});
