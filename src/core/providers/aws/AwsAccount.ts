/**
 * AWS as one connection uses it: the credentials of a profile, or of the usual chain, and how its API is reached.
 * Credentials are looked for when the first call is signed, and again when they end.
 */
import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import type { AwsCredentialIdentity } from '@smithy/types';
import { CoreError, isCoreError } from '../../common/CoreError.ts';
import { toDisplayLine } from '../../common/displayText.ts';
import type { Logger } from '../../common/Logger.ts';
import { redact } from '../../common/redact.ts';
import { cancellable } from '../../registry/transport/cancellation.ts';
import { isServiceError, toAwsError, type AwsRequest } from './awsError.ts';
import { AwsHttpHandler, type OpenTransport } from './AwsHttpHandler.ts';
import { defaultProfileName, readAwsProfiles, ssoProfileOf } from './awsProfiles.ts';

export interface AwsAccountOptions {
  /** '' or absent: the chain as the AWS CLI has it (environment, AWS_PROFILE, `default`, roles of the machine). */
  readonly profile?: string;
  readonly region: string;
  readonly isFips?: boolean;
  readonly isDualStack?: boolean;
  /** Instead of AWS's own endpoint for the region. */
  readonly apiUrl?: string;
  readonly openTransport: OpenTransport;
  readonly logger: Logger;
}

/** What an SDK client is made from. */
export interface AwsClientConfig {
  readonly region: string;
  readonly credentials: () => Promise<AwsCredentialIdentity>;
  readonly requestHandler: AwsHttpHandler;
  readonly maxAttempts: number;
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
  readonly endpoint?: string;
}

/** The SDK tries 5xx and throttling again, with its own pauses. */
const MAX_ATTEMPTS = 3;

export class AwsAccount {
  readonly clientConfig: AwsClientConfig;
  readonly #profile: string;
  readonly #host: string;
  readonly #handler: AwsHttpHandler;
  readonly #logger: Logger;

  constructor(options: AwsAccountOptions) {
    const { profile = '', region, apiUrl, openTransport, logger } = options;
    this.#profile = profile;
    this.#host = apiUrl === undefined ? `AWS (${region})` : new URL(apiUrl).host;
    this.#handler = new AwsHttpHandler(openTransport);
    this.#logger = logger;
    this.clientConfig = {
      region,
      credentials: () => this.#credentials(),
      requestHandler: this.#handler,
      maxAttempts: MAX_ATTEMPTS,
      useFipsEndpoint: options.isFips ?? false,
      useDualstackEndpoint: options.isDualStack ?? false,
      ...(apiUrl !== undefined && { endpoint: apiUrl }),
    };
  }

  /**
   * Makes one call and words its failure. Cancel is obeyed at once, in the SDK's pauses too.
   * @throws CoreError; reasons `profileMissing`, `ssoExpired`, `noAwsCredentials`, `awsCredentialsRefused` (missing: the
   *   profile), `missingPermission` (missing: the permission), `repositoryUnknown`.
   */
  async call<Reply>(
    request: AwsRequest,
    signal: AbortSignal,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<Reply>,
  ): Promise<Reply> {
    try {
      return await cancellable<Reply>(signal, (resolve, reject) => {
        send({ abortSignal: signal }).then(resolve, reject);
        return () => undefined;
      });
    } catch (error) {
      throw toAwsError(error, this.#host, this.#profileName, request);
    }
  }

  get #profileName(): string {
    return this.#profile || defaultProfileName();
  }

  async #credentials(): Promise<AwsCredentialIdentity> {
    try {
      await this.#checkProfile();
      const options = {
        ignoreCache: true,
        clientConfig: { requestHandler: this.#handler },
        // Of what the SDK tells only warnings: the rest is about each step of the chain.
        logger: { ...SILENT, warn: (text: unknown) => this.#logger.warn(redact(String(text))) },
      };
      this.#handler.lastFailure = undefined;
      // A profile that was chosen is not passed over for what else the chain may find.
      const find = this.#profile
        ? fromIni({ ...options, profile: this.#profile })
        : fromNodeProviderChain(options);
      return await find();
    } catch (error) {
      throw await this.#credentialError(error);
    }
  }

  /** The SDK would say no more than that it found no credentials. */
  async #checkProfile(): Promise<void> {
    const chosen = this.#profile || process.env['AWS_PROFILE'];
    if (!chosen || (await readAwsProfiles()).has(chosen)) return;
    throw this.#unauthorized('profileMissing', chosen);
  }

  async #credentialError(error: unknown): Promise<CoreError> {
    if (isCoreError(error)) return error;
    // The network, not the credentials: the chain keeps only the words of it.
    if (this.#handler.lastFailure) return this.#handler.lastFailure;
    // AWS itself answered: a role of the profile may not be taken, or its keys are wrong.
    if (isServiceError(error)) {
      const request = { operation: 'get a token', permission: 'sts:AssumeRole' };
      return toAwsError(error, this.#host, this.#profileName, request);
    }
    const profiles = await readAwsProfiles();
    const ssoProfile = ssoProfileOf(this.#profileName, profiles);
    if (ssoProfile !== undefined) return this.#unauthorized('ssoExpired', ssoProfile, error);
    return this.#unauthorized('noAwsCredentials', this.#profileName, error);
  }

  #unauthorized(reason: string, profile: string, cause?: unknown): CoreError {
    return new CoreError(
      'unauthorized',
      `no AWS credentials: ${reason}`,
      {
        host: this.#host,
        reason,
        missing: toDisplayLine(profile),
        ...(cause instanceof Error && { registryMessage: toDisplayLine(redact(cause.message), 500) }),
      },
      cause,
    );
  }
}

const ignore = (): void => undefined;

const SILENT = { trace: ignore, debug: ignore, info: ignore, error: ignore };
