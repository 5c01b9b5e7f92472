import assert from 'node:assert/strict';
import { tryParseEcrAddress } from '../../../../src/core/providers/aws/ecrAddress.ts';
import { detectProviderKind } from '../../../../src/core/providers/index.ts';
import { createEndpoint } from '../../../../src/core/registry/parseRegistryUrl.ts';

describe('the addresses of Amazon ECR', () => {
  it('say account and region in every partition, with FIPS and with IPv6', () => {
    const cases: Record<string, readonly [region: string, isFips: boolean, isDualStack: boolean]> = {
      '111122223333.dkr.ecr.eu-west-1.amazonaws.com': ['eu-west-1', false, false],
      '111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn': ['cn-north-1', false, false],
      '111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com': ['us-gov-west-1', true, false],
      '111122223333.dkr-ecr.us-east-1.on.aws': ['us-east-1', false, true],
      '111122223333.dkr-ecr-fips.us-east-1.on.aws': ['us-east-1', true, true],
      '111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu': ['eusc-de-east-1', false, false],
    };
    for (const [host, [region, isFips, isDualStack]] of Object.entries(cases)) {
      const expected = { account: '111122223333', region, isFips, isDualStack };
      assert.deepEqual(tryParseEcrAddress(host), expected, host);
      assert.equal(detectProviderKind(createEndpoint(`https://${host}/team`, 'namespace')), 'ecr');
    }
  });

  it('are no others', () => {
    for (const host of [
      'ecr.eu-west-1.amazonaws.com',
      '11112222333.dkr.ecr.eu-west-1.amazonaws.com',
      '111122223333.dkr.ecr.eu-west-1.amazonaws.com.evil.example',
      'x.111122223333.dkr.ecr.eu-west-1.amazonaws.com',
      '111122223333.dkr.ecr.eu-west-1.amazonaws.com:8443',
      'gallery.ecr.aws',
    ]) {
      assert.equal(tryParseEcrAddress(host), undefined, host);
    }
    assert.equal(detectProviderKind(createEndpoint('public.ecr.aws/acme', 'namespace')), 'ecrPublic');
  });
});
