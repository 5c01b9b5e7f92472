/** A fresh token for ECR Public. */
import { ECRPUBLICClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr-public';
import type { AwsAccount } from './AwsAccount.ts';
import type { EcrAuthorization } from './askEcrToken.ts';

/** https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetAuthorizationToken.html */
export async function askEcrPublicToken(account: AwsAccount, signal: AbortSignal): Promise<EcrAuthorization> {
  const client = new ECRPUBLICClient(account.clientConfig);
  const { authorizationData } = await account.call(
    { operation: 'get a token', permission: 'ecr-public:GetAuthorizationToken' },
    signal,
    (options) => client.send(new GetAuthorizationTokenCommand({}), options),
  );
  return authorizationData ?? {};
}
