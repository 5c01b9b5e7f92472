import assert from 'node:assert/strict';
import { findStages, parsePromotions, targetOfStage } from '../../../src/core/operations/promotions.ts';

const release = {
  name: 'release',
  stages: [
    { name: 'dev', repository: 'dev.example:5000/team/{name}' },
    { name: 'staging', repository: 'registry.example/staging/{name}', tag: '{tag}-rc' },
    { name: 'prod', repository: 'registry.example/prod/{name}', tag: '{tag}' },
  ],
};

describe('promotions', () => {
  const promotions = parsePromotions([release]);
  const next = (repository: string, tag: string) => {
    const [match] = findStages(promotions, repository, tag);
    const stage = match?.promotion.stages[match.at + 1];
    return stage && targetOfStage(stage, match.values);
  };

  it('finds the stage of an image and what the next one means for it', () => {
    assert.deepEqual(next('dev.example:5000/team/web/api', '1.2'), {
      repository: 'registry.example/staging/web/api',
      tag: '1.2-rc',
    });
    assert.deepEqual(next('registry.example/staging/web', '1.2-rc'), {
      repository: 'registry.example/prod/web',
      tag: '1.2',
    });
    assert.equal(next('registry.example/prod/web', '1.2'), undefined);
    assert.deepEqual(findStages(promotions, 'registry.example/staging/web', '1.2'), []);
    assert.deepEqual(findStages(promotions, 'elsewhere.example/team/web', '1.2'), []);
  });

  it('takes the stage that says most where one repository has several', () => {
    const [channels] = parsePromotions([
      {
        name: 'channels',
        stages: [
          { name: 'any', repository: 'r.example/app' },
          { name: 'candidate', repository: 'r.example/app', tag: 'candidate' },
          { name: 'stable', repository: 'r.example/app', tag: 'stable' },
        ],
      },
    ]);
    const at = (tag: string) => findStages([channels!], 'r.example/app', tag)[0]?.at;
    assert.deepEqual([at('1.2'), at('candidate'), at('stable')], [0, 1, 2]);
  });

  it('names the place in the setting that is not valid', () => {
    for (const [value, place] of [
      ['x', 'promotions'],
      [[{ name: 'a', stages: [] }], '0.stages'],
      [
        [{ ...release, stages: [release.stages[0], { name: 'b', repository: 'no-path' }] }],
        '0.stages.1.repository',
      ],
      [
        [{ ...release, stages: [{ name: 'a', repository: 'h.example/{tag}' }, release.stages[1]] }],
        '0.stages.0.repository',
      ],
      [
        [{ ...release, stages: [{ ...release.stages[0], tag: '{date}' }, release.stages[1]] }],
        '0.stages.0.tag',
      ],
    ] as const) {
      assert.throws(() => parsePromotions(value), {
        kind: 'invalidInput',
        details: { reason: 'promotion', subject: place },
      });
    }
    assert.deepEqual(parsePromotions(undefined), []);
  });
});
