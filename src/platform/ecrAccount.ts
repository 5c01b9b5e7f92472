/** Which registry of Amazon ECR an AWS profile has in a region; in a chunk of its own, with the AWS SDK. */
import type { Logger } from '../core/common/Logger.ts';
import { findEcrRegistry } from '../core/providers/aws/findEcrRegistry.ts';
import type { Transport } from '../core/registry/transport/Transport.ts';
import { openBareTransport } from './openBareTransport.ts';

export async function findRegistryOf(
  profile: string,
  region: string,
  logger: Logger,
  signal: AbortSignal,
): Promise<string> {
  const transports: Transport[] = [];
  const openTransport = (origin: string): Transport => {
    const transport = openBareTransport(origin, logger);
    transports.push(transport);
    return transport;
  };
  try {
    return await findEcrRegistry({ profile, region, openTransport, logger }, signal);
  } finally {
    await Promise.all(transports.map((transport) => transport.dispose()));
  }
}
