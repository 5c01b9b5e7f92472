/** A real nginx in front of a registry: path prefixes, TLS in front, slow upstreams. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool } from '../tools.ts';
import { freePort, startProcess, type TestServer } from './startProcess.ts';

export interface NginxOptions {
  /** `http://127.0.0.1:port` of the registry. */
  readonly upstream: string;
  /** The registry's API answers below this path: `/artifacts/docker`. */
  readonly pathPrefix: string;
  readonly tls?: {
    readonly certificateFile: string;
    readonly keyFile: string;
    /** Clients must show a certificate that this authority signed (`ssl_verify_client on`). */
    readonly clientCaFile?: string;
  };
}

export async function startNginx(options: NginxOptions): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-nginx-'));
  await mkdir(join(folder, 'tmp'));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${join(folder, 'tmp', kind)};`)
    .join('\n  ');
  const tls = options.tls
    ? `ssl_certificate ${options.tls.certificateFile}; ssl_certificate_key ${options.tls.keyFile};`
    : '';
  const clients = options.tls?.clientCaFile
    ? `ssl_verify_client on; ssl_client_certificate ${options.tls.clientCaFile};`
    : '';
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off;
pid ${join(folder, 'nginx.pid')};
error_log stderr warn;
events {}
http {
  access_log off;
  ${temporary}
  client_max_body_size 0;
  server {
    listen 127.0.0.1:${port}${options.tls ? ' ssl' : ''};
    ${tls}
    ${clients}
    location ${options.pathPrefix}/v2/ {
      proxy_pass ${options.upstream}/v2/;
      proxy_set_header Host $http_host;
      # Distribution builds absolute Locations from these; the prefix goes back in front.
      proxy_redirect ~^(https?://[^/]+)?/v2/(.*)$ ${options.pathPrefix}/v2/$2;
    }
    location / { default_type text/html; return 200 "<!doctype html><title>A web site</title>"; }
  }
}
`,
  );
  return startProcess({
    program: findTool('nginx'),
    args: ['-p', folder, '-c', join(folder, 'nginx.conf')],
    port,
    scheme: options.tls ? 'https' : 'http',
    readyPath: `${options.pathPrefix}/v2/`,
    cleanUp: () => rm(folder, { recursive: true, force: true }),
  });
}
