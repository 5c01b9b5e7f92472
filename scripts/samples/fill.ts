/** `node scripts/samples/fill.ts --url http://127.0.0.1:5000`: fills an open registry with the samples, once. */
import { parseArgs } from 'node:util';
import { nullLogger } from '../../src/core/common/Logger.ts';
import { createEndpoint } from '../../src/core/registry/parseRegistryUrl.ts';
import { RegistryClient } from '../../src/core/registry/RegistryClient.ts';
import { Transport } from '../../src/core/registry/transport/Transport.ts';
import { fillSamples } from './fillSamples.ts';

const { values } = parseArgs({ options: { url: { type: 'string' } } });
if (values.url === undefined) {
  console.error('usage: node scripts/samples/fill.ts --url http://127.0.0.1:5000');
  process.exit(2);
}
const endpoint = createEndpoint(values.url, 'api');
const transport = new Transport({
  endpoint,
  tls: {},
  proxy: { strictProxyTls: true, noProxy: endpoint.host },
  credentials: { get: () => Promise.resolve(undefined) },
  logger: nullLogger,
  userAgent: 'berth-samples',
});
const started = performance.now();
try {
  const filled = await fillSamples(
    new RegistryClient(endpoint, transport, nullLogger),
    new AbortController().signal,
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    filled ? `samples pushed to ${endpoint.host} in ${seconds} s` : `samples are on ${endpoint.host} already`,
  );
} finally {
  await transport.dispose();
}
