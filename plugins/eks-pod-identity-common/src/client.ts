import { ResponseError } from '@backstage/errors';
import { z } from 'zod/v3';
import type { PodIdentityApi } from './api';
import {
  choicesSchema,
  eventPageSchema,
  namesSchema,
  PAGES,
  policiesSchema,
} from './clientAnswers';
import { UseOfIdentity, useOfIdentitySchema } from './evidenceView';
import { followEvents } from './following';
import {
  Operation,
  OperationEvent,
  operationSchema,
  PlanRequest,
  StartOperation,
} from './operations';
import { Plan, planSchema } from './plan';
import { ServiceAccountRef } from './ref';
import { VerificationReport, verificationReportSchema } from './report';
import {
  FollowOptions,
  PodIdentityRequestOptions,
  StartOptions,
} from './requestOptions';
import { ClusterSetup, clusterSetupSchema, Setup, setupSchema } from './setup';
import {
  PolicyChoice,
  Proposals,
  proposalsSchema,
  type RoleChoices,
  roleChoicesSchema,
  ServiceAccountChoice,
} from './choices';
import {
  AssociationPage,
  associationPageSchema,
  AssociationQuery,
  ClusterOverview,
  clustersSchema,
  SweepStarted,
  sweepStartedSchema,
} from './fleet';
import {
  EntityIdentities,
  entityIdentitiesSchema,
  Identity,
  identitySchema,
} from './identities';
import { ReportPage, reportPageSchema } from './runs';
import { Timeline, timelineSchema } from './timeline';
import { accountPath, queryString, url } from './urls';

/** Client of the `eks-pod-identity` backend plugin, for browsers and for Node.js. @public */
export class PodIdentityClient implements PodIdentityApi {
  readonly #discovery: { getBaseUrl(pluginId: string): Promise<string> };
  readonly #fetch: typeof fetch;

  constructor(options: {
    discoveryApi: { getBaseUrl(pluginId: string): Promise<string> };
    fetchApi: { fetch: typeof fetch };
  }) {
    this.#discovery = options.discoveryApi;
    this.#fetch = options.fetchApi.fetch;
  }

  async plan(
    request: PlanRequest,
    options?: PodIdentityRequestOptions,
  ): Promise<Plan> {
    return this.#read(planSchema, 'POST', '/v1/plans', options, request);
  }

  async startOperation(
    request: StartOperation,
    options?: StartOptions,
  ): Promise<Operation> {
    return this.#read(
      operationSchema,
      'POST',
      `/v1/operations${queryString({ timeline: options?.timeline })}`,
      options,
      request,
    );
  }

  async getOperation(
    id: string,
    options?: PodIdentityRequestOptions,
  ): Promise<Operation> {
    return this.#read(
      operationSchema,
      'GET',
      url`/v1/operations/${id}`,
      options,
    );
  }

  async getTimeline(
    id: string,
    options?: PodIdentityRequestOptions,
  ): Promise<Timeline> {
    return this.#read(
      timelineSchema,
      'GET',
      url`/v1/operations/${id}/timeline`,
      options,
    );
  }

  async cancelOperation(
    id: string,
    options?: PodIdentityRequestOptions,
  ): Promise<Operation> {
    return this.#read(
      operationSchema,
      'DELETE',
      url`/v1/operations/${id}`,
      options,
    );
  }

  async getReport(
    id: string,
    options?: PodIdentityRequestOptions,
  ): Promise<VerificationReport> {
    const path = url`/v1/reports/${id}`;
    return this.#read(verificationReportSchema, 'GET', path, options);
  }

  async getReportBundle(id: string, options?: PodIdentityRequestOptions) {
    const path = url`/v1/reports/${id}/bundle`;
    return (await this.#request('GET', path, options)).text();
  }

  async getEntityIdentities(
    entity: { kind: string; namespace: string; name: string },
    options?: PodIdentityRequestOptions,
  ): Promise<EntityIdentities> {
    const { kind, namespace, name } = entity;
    return this.#read(
      entityIdentitiesSchema,
      'GET',
      url`/v1/entities/${kind}/${namespace}/${name}`,
      options,
    );
  }

  async getIdentity(
    ref: ServiceAccountRef,
    options?: PodIdentityRequestOptions,
  ): Promise<Identity> {
    return this.#read(identitySchema, 'GET', accountPath(ref), options);
  }

  async getUse(
    ref: ServiceAccountRef,
    options?: PodIdentityRequestOptions,
  ): Promise<UseOfIdentity> {
    const path = `${accountPath(ref)}/use`;
    return this.#read(useOfIdentitySchema, 'GET', path, options);
  }

  async refreshUse(
    ref: ServiceAccountRef,
    options?: PodIdentityRequestOptions,
  ): Promise<UseOfIdentity> {
    const path = `${accountPath(ref)}/use`;
    return this.#read(useOfIdentitySchema, 'POST', path, options);
  }

  async listReports(
    ref: ServiceAccountRef,
    page: { cursor?: string; limit?: number } = {},
    options?: PodIdentityRequestOptions,
  ): Promise<ReportPage> {
    return this.#read(
      reportPageSchema,
      'GET',
      `${accountPath(ref)}/reports${queryString(page)}`,
      options,
    );
  }

  async listAssociations(
    query: AssociationQuery = {},
    options?: PodIdentityRequestOptions,
  ): Promise<AssociationPage> {
    return this.#read(
      associationPageSchema,
      'GET',
      `/v1/associations${queryString({ ...query })}`,
      options,
    );
  }

  async listClusters(
    options?: PodIdentityRequestOptions,
  ): Promise<ClusterOverview[]> {
    const { items } = await this.#read(
      clustersSchema,
      'GET',
      '/v1/clusters',
      options,
    );
    return items;
  }

  async sweepCluster(
    cluster: string,
    options?: PodIdentityRequestOptions,
  ): Promise<SweepStarted> {
    const path = url`/v1/clusters/${cluster}/sweep`;
    return this.#read(sweepStartedSchema, 'POST', path, options);
  }

  async getSetup(options?: PodIdentityRequestOptions): Promise<Setup> {
    return this.#read(setupSchema, 'GET', '/v1/setup', options);
  }

  async getClusterSetup(
    cluster: string,
    options?: PodIdentityRequestOptions,
  ): Promise<ClusterSetup> {
    const path = url`/v1/clusters/${cluster}/setup`;
    return this.#read(clusterSetupSchema, 'GET', path, options);
  }

  async refreshClusterSetup(
    cluster: string,
    options?: PodIdentityRequestOptions,
  ): Promise<ClusterSetup> {
    const path = url`/v1/clusters/${cluster}/setup`;
    return this.#read(clusterSetupSchema, 'POST', path, options);
  }

  async listNamespaces(
    cluster: string,
    options?: PodIdentityRequestOptions,
  ): Promise<string[]> {
    const { items } = await this.#read(
      namesSchema,
      'GET',
      url`/v1/clusters/${cluster}/namespaces`,
      options,
    );
    return items;
  }

  async listServiceAccounts(
    within: { cluster: string; namespace: string },
    options?: PodIdentityRequestOptions,
  ): Promise<string[]> {
    const { cluster, namespace } = within;
    const { items } = await this.#read(
      namesSchema,
      'GET',
      url`/v1/clusters/${cluster}/namespaces/${namespace}/service-accounts`,
      options,
    );
    return items;
  }

  async listServiceAccountChoices(
    within: { cluster: string; namespace: string },
    options?: PodIdentityRequestOptions,
  ): Promise<ServiceAccountChoice[]> {
    const { cluster, namespace } = within;
    const { items } = await this.#read(
      choicesSchema,
      'GET',
      url`/v1/clusters/${cluster}/namespaces/${namespace}/service-account-choices`,
      options,
    );
    return items;
  }

  async listRoleChoices(
    {
      cluster,
      namespace,
      ...query
    }: ServiceAccountRef & { entityRef: string; q?: string },
    options?: PodIdentityRequestOptions,
  ): Promise<RoleChoices> {
    return this.#read(
      roleChoicesSchema,
      'GET',
      `${url`/v1/clusters/${cluster}/namespaces/${namespace}/role-choices`}${queryString(
        query,
      )}`,
      options,
    );
  }

  async getProposals(
    entity: { kind: string; namespace: string; name: string },
    options?: PodIdentityRequestOptions,
  ): Promise<Proposals> {
    const { kind, namespace, name } = entity;
    return this.#read(
      proposalsSchema,
      'GET',
      url`/v1/entities/${kind}/${namespace}/${name}/proposals`,
      options,
    );
  }

  async listPolicies(
    query: { q?: string; cluster?: string } = {},
    options?: PodIdentityRequestOptions,
  ): Promise<PolicyChoice[]> {
    const { items } = await this.#read(
      policiesSchema,
      'GET',
      `/v1/policies${queryString(query)}`,
      options,
    );
    return items;
  }

  getChecksPage(options?: PodIdentityRequestOptions): Promise<string> {
    return this.#page('checks', options);
  }

  getPermissionsPage(options?: PodIdentityRequestOptions): Promise<string> {
    return this.#page('permissions', options);
  }

  async #page(
    name: keyof typeof PAGES,
    options?: PodIdentityRequestOptions,
  ): Promise<string> {
    const path = `/v1/docs/${name}`;
    return (await this.#read(PAGES[name], 'GET', path, options)).markdown;
  }

  followOperation(
    id: string,
    options: FollowOptions = {},
  ): AsyncGenerator<OperationEvent, void, undefined> {
    const events = url`/v1/operations/${id}/events`;
    return followEvents(
      {
        stream: (after, request) =>
          this.#request(
            'GET',
            `${events}?after=${after}`,
            request,
            undefined,
            'text/event-stream',
          ),
        poll: (after, request) =>
          this.#read(
            eventPageSchema,
            'GET',
            `${events}?poll=true&after=${after}`,
            request,
          ),
      },
      options,
    );
  }

  async #read<S extends z.ZodTypeAny>(
    schema: S,
    method: string,
    urlPath: string,
    options?: PodIdentityRequestOptions,
    body?: unknown,
  ): Promise<z.output<S>> {
    const response = await this.#request(method, urlPath, options, body);
    return schema.parse(await response.json());
  }

  async #request(
    method: string,
    urlPath: string,
    options?: PodIdentityRequestOptions,
    body?: unknown,
    accept = 'application/json',
  ): Promise<Response> {
    const base = await this.#discovery.getBaseUrl('eks-pod-identity');
    const response = await this.#fetch(`${base}${urlPath}`, {
      method,
      signal: options?.signal,
      headers: {
        accept,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options?.token ? { authorization: `Bearer ${options.token}` } : {}),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw await ResponseError.fromResponse(response);
    return response;
  }
}
