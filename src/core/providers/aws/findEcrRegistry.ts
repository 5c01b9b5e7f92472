/** The private registry of the account that a profile signs in to, in one region; AWS has one for each. */
import { CoreError } from '../../common/CoreError.ts';
import { AwsAccount, type AwsAccountOptions } from './AwsAccount.ts';
import { askEcrToken } from './askEcrToken.ts';

/**
 * Its host, such as `123456789012.dkr.ecr.eu-west-1.amazonaws.com`.
 * @throws CoreError as AwsAccount.call does.
 */
export async function findEcrRegistry(options: AwsAccountOptions, signal: AbortSignal): Promise<string> {
  const { proxyEndpoint } = await askEcrToken(new AwsAccount(options), signal);
  const host = URL.parse(proxyEndpoint ?? '')?.host;
  if (host) return host;
  throw new CoreError('protocol', 'AWS names no registry', {
    host: `AWS (${options.region})`,
    operation: 'get a token',
    reason: 'badReply',
  });
}

/** Where ECR is. https://docs.aws.amazon.com/general/latest/gr/ecr.html; others can be typed. */
export const ECR_REGIONS: readonly string[] = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'ca-west-1',
  'mx-central-1',
  'sa-east-1',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'eu-south-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'af-south-1',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'ap-east-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'cn-north-1',
  'cn-northwest-1',
  'us-gov-east-1',
  'us-gov-west-1',
];
