/** Microsoft's registry explorer outside of VS Code: its generic Registry V2 provider on a stub of the `vscode` module. */
import { registerHooks } from 'node:module';
import type { ExtensionContext } from 'vscode';
import type { V2Registry, V2Repository, V2Tag } from '@microsoft/vscode-docker-registries';

export const MICROSOFT = '@microsoft/vscode-docker-registries';

export interface MicrosoftRegistries {
  /**
   * Opens a repository as its tree does, and waits until every one of its `tagCount` tags has its date.
   * @throws Error when that takes over a minute: it drops the tags whose requests failed.
   */
  expand(url: string, repository: string, tagCount: number, account?: Account): Promise<void>;
}

interface Account {
  readonly username: string;
  readonly password: string;
}

const TRACKED_REGISTRIES = 'GenericV2ContainerRegistry.TrackedRegistries';
const DEADLINE_MS = 60_000;

export async function loadMicrosoftRegistries(): Promise<MicrosoftRegistries> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'vscode'
        ? { url: new URL('vscodeStub.ts', import.meta.url).href, shortCircuit: true }
        : next(specifier, context),
  });
  const { GenericRegistryV2DataProvider } = await import('@microsoft/vscode-docker-registries');
  hooks.deregister();
  return {
    async expand(url, repository, tagCount, account = { username: '', password: '' }) {
      const provider = new GenericRegistryV2DataProvider(connectedContext(url, account));
      const [root] = await provider.getChildren();
      const [registry] = (await provider.getChildren(root)) as V2Registry[];
      const node: V2Repository = {
        parent: registry!,
        baseUrl: registry!.baseUrl,
        label: repository,
        type: 'commonrepository',
      };
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      const timer = setTimeout(
        () => reject(new Error(`${dated} of ${tagCount} tags have a date`)),
        DEADLINE_MS,
      );
      let dated = 0;
      provider.onDidChangeTreeData((item) => {
        if ((item as V2Tag | undefined)?.createdAt) dated += 1;
        if (dated === tagCount) resolve(undefined);
      });
      try {
        const tags = await provider.getChildren(node);
        if (tags.length !== tagCount) throw new Error(`${tags.length} tags were listed: ${tags[0]?.label}`);
        await promise;
      } finally {
        clearTimeout(timer);
        provider.dispose();
      }
    },
  };
}

/** The context of an extension in which one registry was connected. */
function connectedContext(url: string, account: Account): ExtensionContext {
  const globalState = {
    get: (key: string) => (key === TRACKED_REGISTRIES ? [url] : account.username),
  };
  const secrets = { get: () => Promise.resolve(account.password) };
  return { globalState, secrets } as unknown as ExtensionContext;
}
