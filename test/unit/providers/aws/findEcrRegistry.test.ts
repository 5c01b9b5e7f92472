import assert from 'node:assert/strict';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { nullLogger } from '../../../../src/core/common/Logger.ts';
import { findEcrRegistry } from '../../../../src/core/providers/aws/findEcrRegistry.ts';
import type { Transport } from '../../../../src/core/registry/transport/Transport.ts';
import { TWO_PROFILES, useAwsHome } from '../../../support/awsHome.ts';
import { ECR_ACCOUNT, startEcrContract } from '../../../support/contract/ecr.ts';
import { bareTransport } from '../../../support/bareTransport.ts';

describe('findEcrRegistry', () => {
  const { signal } = new AbortController();
  const find = async (apiUrl: string, profile: string) => {
    const transports: Transport[] = [];
    const openTransport = (origin: string): Transport => {
      const transport = bareTransport(origin);
      transports.push(transport);
      return transport;
    };
    const options = { profile, region: 'eu-west-1', apiUrl, openTransport, logger: nullLogger };
    return findEcrRegistry(options, signal).finally(() =>
      Promise.all(transports.map((each) => each.dispose())),
    );
  };

  let home: AsyncDisposable;

  beforeEach(async () => {
    home = await useAwsHome({ credentials: TWO_PROFILES });
  });

  afterEach(() => home[Symbol.asyncDispose]());

  it('names the registry of the account that the profile signs in to', async () => {
    await using ecr = await startEcrContract({ keys: { AKIADEFAULT: [], AKIAWORK: [] } });
    assert.equal(await find(ecr.server.origin, 'work'), `${ECR_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com`);
  });

  it('names the profile that is not there', async () => {
    await using ecr = await startEcrContract({ keys: { AKIADEFAULT: [] } });
    await assert.rejects(
      find(ecr.server.origin, 'wokr'),
      (error) => isCoreError(error, 'unauthorized') && error.details.missing === 'wokr',
    );
  });
});
