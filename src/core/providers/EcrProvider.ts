/**
 * Amazon ECR's private registries by AWS's API: repositories and images in pages of 1,000, images with size, push time
 * and scan findings; one tag deleted by name; repositories created, which ECR wants before a push.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html
 */
import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  type ImageDetail,
  type ImageIdentifier,
  type TagStatus,
} from '@aws-sdk/client-ecr';
import { isCoreError } from '../common/CoreError.ts';
import type { Digest } from '../oci/digest.ts';
import { isRepositoryName } from '../oci/reference.ts';
import type { Page } from '../registry/Page.ts';
import { fullRepositoryName, relativeRepositoryName } from '../registry/repositoryName.ts';
import { AwsAccount } from './aws/AwsAccount.ts';
import { throwIfNotDeleted } from './aws/deleteImageFailure.ts';
import { tryParseEcrAddress, type EcrAddress } from './aws/ecrAddress.ts';
import { summarise, summariseUntagged } from './aws/ecrTags.ts';
import { firstFilledPage } from './firstFilledPage.ts';
import { OciProvider } from './OciProvider.ts';
import { throwIfTagged } from './stillUntagged.ts';
import type { ProviderContext } from './ProviderContext.ts';
import type {
  CapabilityPermissions,
  ProviderCapabilities,
  TagSummary,
  UntaggedManifest,
} from './RegistryProvider.ts';

/** What ECR allows at most. */
const PAGE_SIZE = 1_000;
const RECORDS_PULLS = { recordsPulls: true } as const;

export class EcrProvider extends OciProvider {
  override readonly kind = 'ecr';
  /** An image that loses its last tag this way is deleted with it. */
  override readonly capabilities: ProviderCapabilities = {
    listsRepositories: true,
    deletesSingleTag: 'native',
    deletesImageWithLastTag: true,
    recordsPulls: true,
    reclaims: 'automatic',
  };
  override readonly permissions: CapabilityPermissions = {
    catalog: 'ecr:DescribeRepositories',
    deleteByTag: 'ecr:BatchDeleteImage',
    deleteByDigest: 'ecr:BatchDeleteImage',
    mount: 'ecr:InitiateLayerUpload',
  };
  readonly #account: AwsAccount;
  readonly #ecr: ECRClient;
  readonly #address: EcrAddress | undefined;
  /** The account the registry is of, which need not be the one that is signed in. */
  readonly #registry: { readonly registryId?: string };
  /**
   * Whether what AWS refuses is asked of the registry itself: a connection that signs in with what Docker knows need
   * not have AWS credentials as well.
   */
  readonly #mayFallBack: boolean;
  #fallsBack = false;

  constructor({ client, logger, settings, openTransport }: ProviderContext) {
    super(client);
    this.#address = tryParseEcrAddress(client.endpoint.host);
    const { account, region = 'us-east-1', isFips, isDualStack } = this.#address ?? {};
    this.#registry = account === undefined ? {} : { registryId: account };
    this.#mayFallBack = settings.profile === undefined;
    this.#account = new AwsAccount({
      ...(settings.profile !== undefined && { profile: settings.profile }),
      ...(settings.apiUrl !== undefined && { apiUrl: settings.apiUrl }),
      ...(isFips !== undefined && { isFips }),
      ...(isDualStack !== undefined && { isDualStack }),
      region: settings.region ?? region,
      openTransport,
      logger,
    });
    this.#ecr = new ECRClient(this.#account.clientConfig);
  }

  /** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html */
  override async listRepositories(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>> {
    const request = { operation: 'list repositories', permission: 'ecr:DescribeRepositories' };
    return this.#orByRegistry(
      () => super.listRepositories(cursor, signal),
      () =>
        firstFilledPage(cursor, async (nextToken) => {
          const reply = await this.#account.call(request, signal, (options) =>
            this.#ecr.send(
              new DescribeRepositoriesCommand({ ...this.#registry, nextToken, maxResults: PAGE_SIZE }),
              options,
            ),
          );
          const items = (reply.repositories ?? []).flatMap(({ repositoryName = '' }) => {
            const name = relativeRepositoryName(this.client.endpoint, repositoryName);
            return name !== undefined && isRepositoryName(name) ? [name] : [];
          });
          return { items, nextCursor: reply.nextToken };
        }),
    );
  }

  override async listTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    return this.#orByRegistry(
      () => super.listTags(repository, cursor, signal),
      () =>
        this.#describeImages(repository, 'TAGGED', cursor, signal, (image) =>
          (image.imageTags ?? []).flatMap((tag) => summarise(tag, image, RECORDS_PULLS)),
        ),
    );
  }

  async listUntagged(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<UntaggedManifest>> {
    return this.#describeImages(
      repository,
      'UNTAGGED',
      cursor,
      signal,
      (image) => summariseUntagged(image, RECORDS_PULLS),
      'list manifests without a tag',
    );
  }

  /** By tag; the last one takes the image along. */
  async deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<void> {
    await this.#deleteImage(repository, { imageTag: tag }, 'delete the tag', `${repository}:${tag}`, signal);
  }

  async deleteUntagged(repository: string, digest: Digest, signal: AbortSignal): Promise<void> {
    const operation = 'delete manifest';
    const subject = `${repository}@${digest}`;
    const repositoryName = fullRepositoryName(this.client.endpoint, repository);
    const imageIds = [{ imageDigest: digest }];
    const request = { operation, subject, permission: 'ecr:DescribeImages' };
    const { imageDetails } = await this.#account.call(request, signal, (options) =>
      this.#ecr.send(new DescribeImagesCommand({ ...this.#registry, repositoryName, imageIds }), options),
    );
    throwIfTagged(imageDetails?.[0]?.imageTags, this.client.endpoint.host, subject);
    await this.#deleteImage(repository, { imageDigest: digest }, operation, subject, signal);
  }

  /** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html; one that is there already will do. */
  async createRepository(repository: string, signal: AbortSignal): Promise<void> {
    const repositoryName = fullRepositoryName(this.client.endpoint, repository);
    try {
      await this.#account.call(
        { operation: 'create the repository', subject: repository, permission: 'ecr:CreateRepository' },
        signal,
        (options) =>
          this.#ecr.send(new CreateRepositoryCommand({ ...this.#registry, repositoryName }), options),
      );
    } catch (error) {
      if (!isCoreError(error, 'conflict')) throw error;
    }
  }

  /** The console's page of the repository; it has none for a tag. */
  override readonly webUrl = (repository: string): string | undefined => {
    const { host } = this.client.endpoint;
    const { account, region } = this.#address ?? {};
    if (account === undefined || region === undefined) return undefined;
    const consoleHost = host.endsWith('.cn')
      ? 'console.amazonaws.cn'
      : region.startsWith('us-gov-')
        ? 'console.amazonaws-us-gov.com'
        : `${region}.console.aws.amazon.com`;
    const name = fullRepositoryName(this.client.endpoint, repository)
      .split('/')
      .map(encodeURIComponent)
      .join('/');
    return `https://${consoleHost}/ecr/repositories/private/${account}/${name}?region=${region}`;
  };

  /** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html */
  async #describeImages<Item>(
    repository: string,
    tagStatus: TagStatus,
    cursor: string | undefined,
    signal: AbortSignal,
    read: (image: ImageDetail) => Item[],
    operation = 'list tags',
  ): Promise<Page<Item>> {
    const repositoryName = fullRepositoryName(this.client.endpoint, repository);
    const request = { operation, subject: repository, permission: 'ecr:DescribeImages' };
    return firstFilledPage(cursor, async (nextToken) => {
      const reply = await this.#account.call(request, signal, (options) =>
        this.#ecr.send(
          new DescribeImagesCommand({
            ...this.#registry,
            repositoryName,
            filter: { tagStatus },
            nextToken,
            maxResults: PAGE_SIZE,
          }),
          options,
        ),
      );
      return { items: (reply.imageDetails ?? []).flatMap(read), nextCursor: reply.nextToken };
    });
  }

  /** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html */
  async #deleteImage(
    repository: string,
    image: ImageIdentifier,
    operation: string,
    subject: string,
    signal: AbortSignal,
  ): Promise<void> {
    const request = { operation, subject, permission: 'ecr:BatchDeleteImage' };
    const repositoryName = fullRepositoryName(this.client.endpoint, repository);
    const reply = await this.#account.call(request, signal, (options) =>
      this.#ecr.send(
        new BatchDeleteImageCommand({ ...this.#registry, repositoryName, imageIds: [image] }),
        options,
      ),
    );
    throwIfNotDeleted(reply.failures, operation, subject);
  }

  async #orByRegistry<Result>(
    byRegistry: () => Promise<Result>,
    byAws: () => Promise<Result>,
  ): Promise<Result> {
    if (this.#fallsBack) return byRegistry();
    try {
      return await byAws();
    } catch (error) {
      if (!this.#mayFallBack || !isCoreError(error, 'unauthorized', 'forbidden')) throw error;
      try {
        const result = await byRegistry();
        this.#fallsBack = true;
        return result;
      } catch {
        throw error;
      }
    }
  }
}
