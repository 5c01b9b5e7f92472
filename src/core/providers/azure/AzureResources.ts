/**
 * What a person has in Azure: directories, and the registries of all subscriptions of one. By Azure Resource Manager:
 * https://learn.microsoft.com/rest/api/resources/tenants/list, …/resources/subscriptions/list,
 * https://learn.microsoft.com/rest/api/containerregistry/registries/list
 */
import pLimit from 'p-limit';
import * as v from 'valibot';
import { isCoreError } from '../../common/CoreError.ts';
import type { Logger } from '../../common/Logger.ts';
import { toDisplayLine } from '../../common/displayText.ts';
import { withKind } from '../../registry/registryError.ts';
import type { ProviderApi } from '../api/ProviderApi.ts';
import { tolerantList } from '../api/tolerantList.ts';
import { isAcrHost } from './acrAddress.ts';

export interface AzureTenant {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
}

export interface AzureRegistry {
  /** `myregistry.azurecr.io` */
  readonly host: string;
  /** In Resource Manager: `/subscriptions/…/registries/myregistry` */
  readonly resourceId: string;
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly location: string;
}

const SUBSCRIPTIONS_VERSION = '2022-12-01';
const REGISTRIES_VERSION = '2023-07-01';
const PARALLEL_SUBSCRIPTIONS = 4;
/** Against paging without an end. */
const MAX_PAGES = 50;

const text = v.fallback(v.nullish(v.string(), ''), '');
const guid = v.pipe(v.string(), v.regex(/^[\da-f-]{36}$/i));
const tenant = v.object({ tenantId: guid, displayName: text, defaultDomain: text });
const subscription = v.object({ subscriptionId: guid, displayName: text });
const registry = v.object({
  id: v.pipe(v.string(), v.regex(/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/[^?#]+$/i)),
  location: text,
  properties: v.object({ loginServer: v.pipe(v.string(), v.toLowerCase(), v.check(isAcrHost)) }),
});

export class AzureResources {
  readonly #api: ProviderApi;
  readonly #logger: Logger;

  /** @param api of Resource Manager, with a token of the directory to look into. */
  constructor(api: ProviderApi, logger: Logger) {
    this.#api = api;
    this.#logger = logger;
  }

  async listTenants(signal: AbortSignal): Promise<AzureTenant[]> {
    const tenants = await this.#list('/tenants', SUBSCRIPTIONS_VERSION, tenant, signal);
    return tenants.map(({ tenantId, displayName, defaultDomain }) => ({
      id: tenantId,
      name: toDisplayLine(displayName) || tenantId,
      domain: toDisplayLine(defaultDomain),
    }));
  }

  /**
   * By name; a subscription that does not show its registries is left out, unless all of them are.
   * @throws CoreError `forbidden` with reason `missingPermission`.
   */
  async listRegistries(signal: AbortSignal): Promise<AzureRegistry[]> {
    const subscriptions = await this.#list('/subscriptions', SUBSCRIPTIONS_VERSION, subscription, signal);
    const limit = pLimit(PARALLEL_SUBSCRIPTIONS);
    const refusals: unknown[] = [];
    const found = await Promise.all(
      subscriptions.map((each) =>
        limit(async () => {
          try {
            return await this.#listOf(each, signal);
          } catch (error) {
            if (!isCoreError(error, 'forbidden', 'notFound')) throw error;
            this.#logger.warn(`subscription ${each.subscriptionId}: ${error.message}`);
            refusals.push(error);
            return [];
          }
        }),
      ),
    );
    if (refusals.length > 0 && refusals.length === subscriptions.length) throw refusals[0];
    return found.flat().sort((a, b) => (a.host < b.host ? -1 : 1));
  }

  async #listOf(
    { subscriptionId, displayName }: v.InferOutput<typeof subscription>,
    signal: AbortSignal,
  ): Promise<AzureRegistry[]> {
    const path = `/subscriptions/${subscriptionId}/providers/Microsoft.ContainerRegistry/registries`;
    const registries = await this.#list(path, REGISTRIES_VERSION, registry, signal);
    return registries.map(({ id, location, properties }) => ({
      host: properties.loginServer,
      resourceId: id,
      subscription: toDisplayLine(displayName) || subscriptionId,
      resourceGroup: toDisplayLine(id.split('/')[4] ?? ''),
      location: toDisplayLine(location),
    }));
  }

  async #list<Entry>(
    path: string,
    version: string,
    entry: v.GenericSchema<unknown, Entry>,
    signal: AbortSignal,
  ): Promise<Entry[]> {
    const reply = v.object({ value: tolerantList(entry), nextLink: v.nullish(v.string(), '') });
    const entries: Entry[] = [];
    let next = path;
    for (let page = 0; page < MAX_PAGES && next !== ''; page += 1) {
      try {
        const { value } = await this.#api.get(reply, {
          path: next,
          ...(page === 0 && { query: { 'api-version': version } }),
          operation: 'list registries',
          signal,
        });
        entries.push(...value.value);
        next = value.nextLink;
      } catch (error) {
        if (!isCoreError(error, 'forbidden')) throw error;
        const missing = 'Microsoft.ContainerRegistry/registries/read';
        throw withKind(error, 'forbidden', { reason: 'missingPermission', missing });
      }
    }
    return entries;
  }
}
