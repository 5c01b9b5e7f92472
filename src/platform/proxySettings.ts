/** VS Code's `http.*` settings and the proxy variables, as the core's transport takes them. */
import * as vscode from 'vscode';
import type { ProxyOptions } from '../core/registry/RegistryEndpoint.ts';

/** A setting beats the variables, as in VS Code itself. `http.proxySupport: off` means no proxy at all. */
export function readProxyOptions(env: NodeJS.ProcessEnv = process.env): ProxyOptions {
  const http = vscode.workspace.getConfiguration('http');
  const strictProxyTls = http.get<boolean>('proxyStrictSSL', true);
  if (http.get<string>('proxySupport') === 'off') return { strictProxyTls };
  const variable = (name: string): string | undefined => env[name.toLowerCase()] || env[name] || undefined;
  const proxy = http.get<string>('proxy') || undefined;
  const httpProxy = proxy ?? variable('HTTP_PROXY');
  const httpsProxy = proxy ?? variable('HTTPS_PROXY') ?? variable('ALL_PROXY');
  const noProxy = http.get<string[]>('noProxy', []).join(',') || variable('NO_PROXY');
  return {
    strictProxyTls,
    ...(httpProxy && { httpProxy }),
    ...(httpsProxy && { httpsProxy }),
    ...(noProxy && { noProxy }),
  };
}
