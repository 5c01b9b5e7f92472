/**
 * The calls of ECR Public's API that Berth makes; names are without the alias. Loaded when somebody is signed in to AWS.
 * https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_Operations.html
 */
import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  DescribeImageTagsCommand,
  DescribeRegistriesCommand,
  DescribeRepositoriesCommand,
  ECRPUBLICClient,
} from '@aws-sdk/client-ecr-public';
import { isCoreError } from '../../common/CoreError.ts';
import type { Page } from '../../registry/Page.ts';
import { firstFilledPage } from '../firstFilledPage.ts';
import type { ProviderContext } from '../ProviderContext.ts';
import type { TagSummary } from '../RegistryProvider.ts';
import { AwsAccount } from './AwsAccount.ts';
import { throwIfNotDeleted } from './deleteImageFailure.ts';
import { ECR_PUBLIC_REGION } from './ecrAddress.ts';
import { summarise } from './ecrTags.ts';

/** What ECR Public allows at most. */
const PAGE_SIZE = 1_000;

export class EcrPublicApi {
  readonly #account: AwsAccount;
  readonly #ecr: ECRPUBLICClient;

  constructor({ settings, openTransport, logger }: ProviderContext) {
    this.#account = new AwsAccount({
      ...(settings.profile !== undefined && { profile: settings.profile }),
      ...(settings.apiUrl !== undefined && { apiUrl: settings.apiUrl }),
      region: ECR_PUBLIC_REGION,
      openTransport,
      logger,
    });
    this.#ecr = new ECRPUBLICClient(this.#account.clientConfig);
  }

  /** What stands before the repositories of this account. API_DescribeRegistries.html */
  async aliases(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const request = { operation: 'list repositories', permission: 'ecr-public:DescribeRegistries' };
    const { registries } = await this.#account.call(request, signal, (options) =>
      this.#ecr.send(new DescribeRegistriesCommand({}), options),
    );
    const aliases = (registries ?? []).flatMap((registry) => registry.aliases ?? []);
    return new Set(aliases.flatMap(({ name }) => name ?? []));
  }

  /** API_DescribeRepositories.html. @param select gives the name to show for `alias/name`, undefined to leave it out. */
  async listRepositories(
    cursor: string | undefined,
    signal: AbortSignal,
    select: (fullName: string) => string | undefined,
  ): Promise<Page<string>> {
    const request = { operation: 'list repositories', permission: 'ecr-public:DescribeRepositories' };
    return firstFilledPage(cursor, async (nextToken) => {
      const reply = await this.#account.call(request, signal, (options) =>
        this.#ecr.send(new DescribeRepositoriesCommand({ nextToken, maxResults: PAGE_SIZE }), options),
      );
      const items = (reply.repositories ?? []).flatMap(({ repositoryUri = '' }) => {
        // `public.ecr.aws/alias/name`
        return select(repositoryUri.slice(repositoryUri.indexOf('/') + 1)) ?? [];
      });
      return { items, nextCursor: reply.nextToken };
    });
  }

  /** API_DescribeImageTags.html */
  async listTags(
    repositoryName: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    const request = {
      operation: 'list tags',
      subject: repositoryName,
      permission: 'ecr-public:DescribeImageTags',
    };
    return firstFilledPage(cursor, async (nextToken) => {
      const reply = await this.#account.call(request, signal, (options) =>
        this.#ecr.send(
          new DescribeImageTagsCommand({ repositoryName, nextToken, maxResults: PAGE_SIZE }),
          options,
        ),
      );
      const items = (reply.imageTagDetails ?? []).flatMap(({ imageTag = '', imageDetail }) =>
        summarise(imageTag, imageDetail),
      );
      return { items, nextCursor: reply.nextToken };
    });
  }

  /** API_BatchDeleteImage.html */
  async deleteTag(repositoryName: string, imageTag: string, signal: AbortSignal): Promise<void> {
    const subject = `${repositoryName}:${imageTag}`;
    const reply = await this.#account.call(
      { operation: 'delete the tag', subject, permission: 'ecr-public:BatchDeleteImage' },
      signal,
      (options) =>
        this.#ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag }] }), options),
    );
    throwIfNotDeleted(reply.failures, 'delete the tag', subject);
  }

  /** API_CreateRepository.html; one that is there already will do. */
  async createRepository(repositoryName: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#account.call(
        {
          operation: 'create the repository',
          subject: repositoryName,
          permission: 'ecr-public:CreateRepository',
        },
        signal,
        (options) => this.#ecr.send(new CreateRepositoryCommand({ repositoryName }), options),
      );
    } catch (error) {
      if (!isCoreError(error, 'conflict')) throw error;
    }
  }
}
