/** A fresh token for every private registry the account may see. */
import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import type { AwsAccount } from './AwsAccount.ts';

/** `authorizationToken`: base64 of `AWS:password`. */
export interface EcrAuthorization {
  readonly authorizationToken?: string | undefined;
  readonly expiresAt?: Date | undefined;
  /** Of the private registry it is for: `https://123456789012.dkr.ecr.eu-west-1.amazonaws.com`. */
  readonly proxyEndpoint?: string | undefined;
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html */
export async function askEcrToken(account: AwsAccount, signal: AbortSignal): Promise<EcrAuthorization> {
  const client = new ECRClient(account.clientConfig);
  const { authorizationData } = await account.call(
    { operation: 'get a token', permission: 'ecr:GetAuthorizationToken' },
    signal,
    (options) => client.send(new GetAuthorizationTokenCommand({}), options),
  );
  return authorizationData?.[0] ?? {};
}
