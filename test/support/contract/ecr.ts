/**
 * Amazon ECR's and ECR Public's APIs as published, for what moto does not do: pages, scan findings, tokens that end,
 * refusals. AWS JSON 1.1: the operation in `X-Amz-Target`, errors as `__type` with status 400, times in epoch seconds.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html
 */
import { FaultServer } from '../faultServer/FaultServer.ts';
import type { RecordedRequest } from '../faultServer/FaultServer.ts';

export interface EcrContractOptions {
  /** Access key → actions it may not do (`DescribeImages`). A key that is not here is unknown. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  readonly region?: string;
  /** Images of the repository `team/app`, the only one besides `team/empty`, `other/app` and `names`. */
  readonly images?: readonly EcrImage[];
  /** Repositories beside them, so that there are pages. */
  readonly names?: readonly string[];
  /** How long tokens are good. */
  readonly tokenSeconds?: () => number;
  readonly throttled?: () => boolean;
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html */
export interface EcrImage {
  readonly imageDigest: string;
  readonly imageTags?: readonly string[];
  readonly imageSizeInBytes?: number;
  readonly imagePushedAt?: number;
  readonly lastRecordedPullTime?: number;
  readonly imageManifestMediaType?: string;
  readonly artifactMediaType?: string;
  readonly imageScanFindingsSummary?: { readonly findingSeverityCounts?: Readonly<Record<string, number>> };
}

export interface EcrContract extends AsyncDisposable {
  readonly server: FaultServer;
  readonly calls: () => string[];
}

export const ECR_ACCOUNT = '111122223333';

type Input = Readonly<Record<string, unknown>>;

class Refusal extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

export async function startEcrContract(options: EcrContractOptions): Promise<EcrContract> {
  const server = await FaultServer.start();
  const names = ['other/app', 'team/app', 'team/empty', ...(options.names ?? [])];
  let images = [...(options.images ?? [])];
  let tokens = 0;

  const imagesOf = ({ repositoryName }: Input): EcrImage[] => {
    if (!names.includes(String(repositoryName))) {
      throw new Refusal(
        'RepositoryNotFoundException',
        `The repository '${String(repositoryName)}' does not exist`,
      );
    }
    return repositoryName === 'team/app' ? images : [];
  };
  const tagged = (input: Input): EcrImage[] => imagesOf(input).filter(({ imageTags }) => imageTags?.length);
  const token = () => ({
    proxyEndpoint: `https://${ECR_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com`,
    authorizationToken: Buffer.from(`AWS:token-${(tokens += 1)}`).toString('base64'),
    expiresAt: Date.now() / 1000 + (options.tokenSeconds?.() ?? 12 * 3600),
  });
  /** API_BatchDeleteImage.html: an image that loses its last tag is deleted. */
  const deleteImages = (input: Input): unknown => {
    imagesOf(input);
    const failures: unknown[] = [];
    for (const imageId of input['imageIds'] as { imageTag?: string; imageDigest?: string }[]) {
      const { imageTag = '', imageDigest } = imageId;
      const index = images.findIndex(
        (image) => image.imageDigest === imageDigest || image.imageTags?.includes(imageTag),
      );
      const image = images[index];
      if (image === undefined) {
        failures.push({ imageId, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' });
        continue;
      }
      const imageTags = (image.imageTags ?? []).filter((tag) => tag !== imageTag);
      const isGone = imageDigest !== undefined || imageTags.length === 0;
      images = images.toSpliced(index, 1, ...(isGone ? [] : [{ ...image, imageTags }]));
    }
    return { imageIds: input['imageIds'], failures };
  };
  const create = (input: Input): unknown => {
    const name = String(input['repositoryName']);
    if (names.includes(name))
      throw new Refusal('RepositoryAlreadyExistsException', `'${name}' already exists`);
    names.push(name);
    return { repository: { repositoryName: name } };
  };

  const privateApi: Record<string, (input: Input) => unknown> = {
    // API_GetAuthorizationToken.html
    GetAuthorizationToken: () => ({ authorizationData: [token()] }),
    // API_DescribeRepositories.html
    DescribeRepositories: (input) => {
      const { page, nextToken } = pageOf(names, input);
      return { repositories: page.map((repositoryName) => ({ repositoryName })), nextToken };
    },
    // API_DescribeImages.html
    DescribeImages: (input) => {
      const { imageIds, filter } = input as {
        readonly imageIds?: readonly { readonly imageDigest: string }[];
        readonly filter?: { readonly tagStatus?: 'TAGGED' | 'UNTAGGED' };
      };
      const isTagged = ({ imageTags = [] }: EcrImage) => imageTags.length > 0;
      const all = imagesOf(input);
      if (imageIds === undefined) {
        const wanted =
          filter?.tagStatus === 'UNTAGGED' ? all.filter((image) => !isTagged(image)) : tagged(input);
        const { page, nextToken } = pageOf(wanted, input);
        return { imageDetails: page, nextToken };
      }
      const found = all.filter((image) =>
        imageIds.some(({ imageDigest }) => imageDigest === image.imageDigest),
      );
      if (found.length === 0) throw new Refusal('ImageNotFoundException', 'The image does not exist');
      return { imageDetails: found };
    },
    BatchDeleteImage: deleteImages,
    CreateRepository: create,
  };
  // https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/
  const publicApi: Record<string, (input: Input) => unknown> = {
    GetAuthorizationToken: () => ({ authorizationData: token() }),
    DescribeRegistries: () => ({
      registries: [{ registryId: ECR_ACCOUNT, aliases: [{ name: 'acme', status: 'ACTIVE' }] }],
    }),
    DescribeRepositories: (input) => {
      const { page, nextToken } = pageOf(names, input);
      return {
        repositories: page.map((name) => ({
          repositoryName: name,
          repositoryUri: `public.ecr.aws/acme/${name}`,
        })),
        nextToken,
      };
    },
    // API_DescribeImageTags.html
    DescribeImageTags: (input) => {
      const all = tagged(input).flatMap((image) =>
        image.imageTags!.map((imageTag) => ({
          imageTag,
          createdAt: image.imagePushedAt,
          imageDetail: image,
        })),
      );
      const { page, nextToken } = pageOf(all, input);
      return { imageTagDetails: page, nextToken };
    },
    BatchDeleteImage: deleteImages,
    CreateRepository: create,
  };

  server.on('POST /', ({ request, response }) => {
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    };
    try {
      const [service, operation] = targetOf(request);
      const isPublic = service === 'SpencerFrontendService';
      checkSignature(request, isPublic ? 'ecr-public' : 'ecr', operation, options);
      if (options.throttled?.()) throw new Refusal('ThrottlingException', 'Rate exceeded');
      const handler = (isPublic ? publicApi : privateApi)[operation];
      if (handler === undefined) throw new Refusal('UnknownOperationException', operation);
      send(200, handler(JSON.parse(request.body.toString()) as Input));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      send(400, { __type: error.type, message: error.message });
    }
  });
  return {
    server,
    calls: () => server.requests.map((request) => targetOf(request)[1]),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function targetOf({ headers }: RecordedRequest): readonly [service: string, operation: string] {
  const [service = '', operation = ''] = String(headers['x-amz-target']).split('.');
  return [service.replace(/_V\d+$/, ''), operation];
}

/** The key, the region and the service of a version 4 signature; what else is in it is AWS's to check. */
function checkSignature(
  { headers }: RecordedRequest,
  service: string,
  operation: string,
  { keys, region = 'eu-west-1' }: EcrContractOptions,
): void {
  const signature = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, /.exec(
    headers.authorization ?? '',
  );
  if (signature === null)
    throw new Refusal('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const [, key = '', signedRegion, signedService] = signature;
  const denied = keys[key];
  if (denied === undefined) {
    throw new Refusal(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  if (signedService !== service || signedRegion !== (service === 'ecr' ? region : 'us-east-1')) {
    throw new Refusal('InvalidSignatureException', 'Credential should be scoped to a valid region.');
  }
  if (denied.includes(operation)) {
    throw new Refusal(
      'AccessDeniedException',
      `User: arn:aws:iam::${ECR_ACCOUNT}:user/dev is not authorized to perform: ${service}:${operation}`,
    );
  }
}

/** Pages of at most 1,000; 100 where nothing is asked. */
function pageOf<Item>(
  items: readonly Item[],
  { maxResults = 100, nextToken = '0' }: Input,
): { readonly page: readonly Item[]; readonly nextToken?: string } {
  const size = Number(maxResults);
  if (!(size >= 1 && size <= 1000)) throw new Refusal('InvalidParameterException', 'maxResults is 1 to 1000');
  const start = Number(nextToken);
  const end = start + size;
  return { page: items.slice(start, end), ...(end < items.length && { nextToken: String(end) }) };
}
