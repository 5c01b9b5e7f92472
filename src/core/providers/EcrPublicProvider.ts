/**
 * Amazon ECR Public, `public.ecr.aws/<alias>/…`. One's own repositories are listed by AWS's API; those of others, and all
 * of them without an AWS sign-in, are seen through the registry API, where they are pinned.
 * https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_Operations.html
 */
import { CoreError, isCoreError } from '../common/CoreError.ts';
import { isRepositoryName } from '../oci/reference.ts';
import { SingleFlight } from '../registry/auth/singleFlight.ts';
import type { Page } from '../registry/Page.ts';
import { fullRepositoryName, relativeRepositoryName } from '../registry/repositoryName.ts';
import { ECR_PUBLIC_HOST } from './aws/ecrAddress.ts';
import type { EcrPublicApi } from './aws/EcrPublicApi.ts';
import { OciProvider } from './OciProvider.ts';
import type { ProviderContext } from './ProviderContext.ts';
import type { CapabilityPermissions, ProviderCapabilities, TagSummary } from './RegistryProvider.ts';

/** What is one's own: the API that tells, and the names its repositories begin with. */
interface OwnRegistry {
  readonly api: EcrPublicApi;
  readonly aliases: ReadonlySet<string>;
}

export class EcrPublicProvider extends OciProvider {
  override readonly kind = 'ecrPublic';
  /** An image that loses its last tag this way is deleted with it. */
  override readonly capabilities: ProviderCapabilities = {
    listsRepositories: true,
    deletesSingleTag: 'native',
    deletesImageWithLastTag: true,
    reclaims: 'automatic',
  };
  override readonly permissions: CapabilityPermissions = {
    catalog: 'ecr-public:DescribeRepositories',
    deleteByTag: 'ecr-public:BatchDeleteImage',
    deleteByDigest: 'ecr-public:BatchDeleteImage',
    mount: 'ecr-public:InitiateLayerUpload',
  };
  readonly #context: ProviderContext;
  readonly #flight = new SingleFlight<OwnRegistry | undefined>();
  #own: { readonly registry: OwnRegistry | undefined } | undefined;

  constructor(context: ProviderContext) {
    super(context.client);
    this.#context = context;
  }

  /** One's own repositories. @throws CoreError `unsupported`, reason `noCatalog`, without an AWS sign-in. */
  override async listRepositories(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>> {
    const own = await this.#ownRegistry(signal);
    if (own === undefined) {
      throw new CoreError('unsupported', 'ECR Public lists repositories only to their owner', {
        host: this.client.endpoint.host,
        operation: 'list repositories',
        reason: 'noCatalog',
      });
    }
    return own.api.listRepositories(cursor, signal, (fullName) => {
      const relative = relativeRepositoryName(this.client.endpoint, fullName);
      return relative !== undefined && isRepositoryName(relative) ? relative : undefined;
    });
  }

  override async listTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    const own = await this.#ownRepository(repository, signal);
    return own === undefined
      ? super.listTags(repository, cursor, signal)
      : own.api.listTags(own.name, cursor, signal);
  }

  /** By tag; the last one takes the image along. */
  async deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<void> {
    const { api, name } = await this.#ownedRepository('delete the tag', repository, signal);
    await api.deleteTag(name, tag, signal);
  }

  async createRepository(repository: string, signal: AbortSignal): Promise<void> {
    const { api, name } = await this.#ownedRepository('create the repository', repository, signal);
    await api.createRepository(name, signal);
  }

  /** The public gallery's page. */
  override readonly webUrl = (repository: string): string | undefined =>
    this.client.endpoint.host === ECR_PUBLIC_HOST
      ? `https://gallery.ecr.aws/${fullRepositoryName(this.client.endpoint, repository)}`
      : undefined;

  /** The API and the name it uses, which is without the alias; undefined for a repository of somebody else. */
  async #ownRepository(
    repository: string,
    signal: AbortSignal,
  ): Promise<{ readonly api: EcrPublicApi; readonly name: string } | undefined> {
    const [alias = '', ...rest] = fullRepositoryName(this.client.endpoint, repository).split('/');
    const own = await this.#ownRegistry(signal);
    if (own === undefined || !own.aliases.has(alias)) return undefined;
    return { api: own.api, name: rest.join('/') };
  }

  async #ownedRepository(operation: string, repository: string, signal: AbortSignal) {
    const own = await this.#ownRepository(repository, signal);
    if (own !== undefined) return own;
    const { host } = this.client.endpoint;
    throw new CoreError('forbidden', 'the repository is of another account', {
      host,
      operation,
      subject: repository,
    });
  }

  /**
   * Found out once. Who signs in to the registry as AWS has AWS credentials; others are spared the search for them, and
   * the SDK.
   */
  async #ownRegistry(signal: AbortSignal): Promise<OwnRegistry | undefined> {
    this.#own ??= {
      registry: await this.#flight.run('own', signal, (shared) => this.#findOwnRegistry(shared)),
    };
    return this.#own.registry;
  }

  async #findOwnRegistry(signal: AbortSignal): Promise<OwnRegistry | undefined> {
    const { credentials, client, settings } = this.#context;
    const credential = await credentials.get({ key: client.endpoint.credentialKey }, signal);
    if (credential?.kind !== 'basic' || credential.username !== 'AWS') return undefined;
    const { EcrPublicApi } = await import('./aws/EcrPublicApi.ts');
    const api = new EcrPublicApi(this.#context);
    try {
      return { api, aliases: await api.aliases(signal) };
    } catch (error) {
      // Docker's sign-in without AWS credentials beside it, or one that may only read images.
      if (settings.profile === undefined && isCoreError(error, 'unauthorized', 'forbidden')) return undefined;
      throw error;
    }
  }
}
