/** Amazon ECR's host names. https://docs.aws.amazon.com/general/latest/gr/ecr.html */

export interface EcrAddress {
  /** Twelve digits: the account whose registry it is. */
  readonly account: string;
  readonly region: string;
  readonly isFips: boolean;
  /** The names under `on.aws`, which have IPv6 as well. */
  readonly isDualStack: boolean;
}

/** Account, service, region and the domain of the partition (commercial, China, European sovereign, isolated). */
const PRIVATE_HOST =
  /^(\d{12})\.dkr[.-]ecr(-fips)?\.([a-z]{2,4}(?:-[a-z]+)+-\d)\.(amazonaws\.(?:com|com\.cn|eu)|on\.(?:aws|amazonwebservices\.(?:com\.cn|eu))|c2s\.ic\.gov|sc2s\.sgov\.gov)$/;

export const ECR_PUBLIC_HOST = 'public.ecr.aws';

/** ECR Public has one API for the world. */
export const ECR_PUBLIC_REGION = 'us-east-1';

/** What a private registry's host says; undefined for any other host. */
export function tryParseEcrAddress(host: string): EcrAddress | undefined {
  const match = PRIVATE_HOST.exec(host);
  if (match === null) return undefined;
  const [, account = '', fips, region = '', domain = ''] = match;
  return { account, region, isFips: fips !== undefined, isDualStack: domain.startsWith('on.') };
}
