/**
 * Signs in to Amazon ECR with AWS credentials: the token of GetAuthorizationToken, which is good for 12 hours, as the
 * password of the user AWS. Renewed five minutes before it ends, asked for once however many want it.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 */
import { CoreError } from '../../common/CoreError.ts';
import type { Logger } from '../../common/Logger.ts';
import type { Credential, CredentialRequest, CredentialStore } from '../../credentials/CredentialStore.ts';
import type { Transport } from '../../registry/transport/Transport.ts';
import { KeptCredential, type MadeCredential } from '../api/KeptCredential.ts';
import { AwsAccount, type AwsAccountOptions } from './AwsAccount.ts';
import type { EcrAuthorization } from './askEcrToken.ts';
import { ECR_PUBLIC_HOST, ECR_PUBLIC_REGION, tryParseEcrAddress } from './ecrAddress.ts';

export interface AwsCredentialStoreOptions {
  /** Exact `host[:port]` of the registry; for any other nothing is known. */
  readonly host: string;
  /** Public ECR has a token of its own. Absent: by the host. */
  readonly isPublic?: boolean;
  readonly profile?: string;
  /** Where the host does not tell. */
  readonly region?: string;
  readonly apiUrl?: string;
  /** Closed when the token is there. */
  readonly openTransport: (origin: string) => Transport;
  readonly logger: Logger;
}

const RENEW_EARLY_MS = 5 * 60_000;

export class AwsCredentialStore implements CredentialStore {
  readonly #options: AwsCredentialStoreOptions;
  readonly #token = new KeptCredential((signal) => this.#fetch(signal));

  constructor(options: AwsCredentialStoreOptions) {
    this.#options = options;
  }

  /** @throws CoreError as AwsAccount.call does. */
  async get({ key, refused }: CredentialRequest, signal: AbortSignal): Promise<Credential | undefined> {
    if (key !== this.#options.host) return undefined;
    return this.#token.get(refused, signal);
  }

  async #fetch(signal: AbortSignal): Promise<MadeCredential> {
    const { host, profile, region, apiUrl, openTransport, logger } = this.#options;
    const transports: Transport[] = [];
    const address = tryParseEcrAddress(host);
    const isPublic = this.#options.isPublic ?? host === ECR_PUBLIC_HOST;
    const options: AwsAccountOptions = {
      ...(profile !== undefined && { profile }),
      ...(apiUrl !== undefined && { apiUrl }),
      ...address,
      region: isPublic ? ECR_PUBLIC_REGION : (region ?? address?.region ?? ECR_PUBLIC_REGION),
      openTransport: (origin) => {
        const transport = openTransport(origin);
        transports.push(transport);
        return transport;
      },
      logger,
    };
    try {
      const account = new AwsAccount(options);
      // Each with its own SDK client, of which one is enough.
      const askToken = isPublic
        ? (await import('./askEcrPublicToken.ts')).askEcrPublicToken
        : (await import('./askEcrToken.ts')).askEcrToken;
      return this.#read(await askToken(account, signal));
    } finally {
      await Promise.all(transports.map((transport) => transport.dispose()));
    }
  }

  #read({ authorizationToken, expiresAt }: EcrAuthorization): MadeCredential {
    const [username, password] = split(Buffer.from(authorizationToken ?? '', 'base64').toString('utf8'));
    if (password === '' || expiresAt === undefined) {
      throw new CoreError('tokenFailed', 'AWS sent no usable token', {
        host: this.#options.host,
        operation: 'get a token',
      });
    }
    const endsAtMs = expiresAt.getTime();
    const credential = { kind: 'basic', username, password } as const;
    return { credential, renewAtMs: endsAtMs - RENEW_EARLY_MS, endsAtMs };
  }
}

/** `AWS:…` at its first colon. */
function split(text: string): readonly [username: string, password: string] {
  const colon = text.indexOf(':');
  return colon < 0 ? ['', ''] : [text.slice(0, colon), text.slice(colon + 1)];
}
