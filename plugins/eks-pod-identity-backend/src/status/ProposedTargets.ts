import type { UserInfoService } from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import {
  type Proposals,
  type ServiceAccountRef,
  serviceAccountSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import type { EngineConfig } from 'eks-pod-identity-engine';
import type { Caller } from '../permissions/caller';
import { readClaimant } from '../permissions/claimant';
import type { ClusterVisibility } from '../permissions/ClusterVisibility';
import { toCatalogEntity } from '../permissions/EntityDirectory';
import type { PickerOptions } from './PickerOptions';
import { ownersInWords } from './ownersInWords';
import type { FoundWorkload } from './workloadsIn';

/** Annotations of Backstage's Kubernetes plugin. */
const NAMESPACE = 'backstage.io/kubernetes-namespace';
const CLUSTER = 'backstage.io/kubernetes-cluster';
const ID = 'backstage.io/kubernetes-id';
const SELECTOR = 'backstage.io/kubernetes-label-selector';

/** Where a component runs: what its form begins with. */
export class ProposedTargets {
  readonly #pickers: PickerOptions;
  readonly #visibility: ClusterVisibility;
  readonly #userInfo: UserInfoService;
  readonly #config: Pick<EngineConfig, 'administrators'>;

  constructor(options: {
    pickers: PickerOptions;
    visibility: ClusterVisibility;
    userInfo: UserInfoService;
    config: Pick<EngineConfig, 'administrators'>;
  }) {
    this.#pickers = options.pickers;
    this.#visibility = options.visibility;
    this.#userInfo = options.userInfo;
    this.#config = options.config;
  }

  async of(entity: Entity, caller: Caller): Promise<Proposals> {
    const clusters = await this.#visibility.of(caller, { forPage: true });
    const refusal = await this.#refusal(entity, caller);
    if (refusal) return { items: [], refusal };
    const annotations = entity.metadata.annotations ?? {};
    const namespace = annotations[NAMESPACE];
    const wanted = annotations[CLUSTER];
    const name = annotations[ID] ?? entity.metadata.name;
    const belongs = matcherOf(annotations[SELECTOR], name);
    if (!namespace || !belongs) return { items: [] };
    const found = await Promise.all(
      clusters
        .filter(
          ({ id, name: other }) => !wanted || [id, other].includes(wanted),
        )
        .map(async ({ id: cluster }) => ({
          cluster,
          workloads: (
            await this.#workloadsOn(cluster, namespace, caller)
          )?.filter(belongs),
        })),
    );
    // One that could not be read may have a workload
    const isNew = found.every(({ workloads }) => workloads?.length === 0);
    const items = found.flatMap(({ cluster, workloads = [] }) => {
      const open = workloads.filter(({ isOpen }) => isOpen);
      const running = new Set(open.map(one => one.serviceAccount));
      return [...running]
        .sort()
        .map(serviceAccount => ({ cluster, namespace, serviceAccount }));
    });
    if (!isNew || !serviceAccountSchema.safeParse(name).success) {
      return { items };
    }
    // Before its first workload, a component gets the service account of its own name
    const own = await Promise.all(
      found.map(({ cluster }) =>
        this.#ifOpen({ cluster, namespace, serviceAccount: name }, caller),
      ),
    );
    return { items: own.flat() };
  }

  /** Undefined where they cannot be read. */
  async #workloadsOn(id: string, namespace: string, caller: Caller) {
    try {
      return await this.#pickers.workloads(id, namespace, caller);
    } catch {
      // A proposal is a convenience: what cannot be read is filled in by hand, and the pickers say why.
      return undefined;
    }
  }

  /** The service account, if the caller may give it an identity. */
  async #ifOpen(ref: ServiceAccountRef, caller: Caller) {
    try {
      await this.#pickers.requireCreator(ref, caller);
      return [ref];
    } catch {
      return [];
    }
  }

  /** Said before anything is filled in, not at the end of the form. */
  async #refusal(entity: Entity, caller: Caller): Promise<string | undefined> {
    if (caller.principal.type !== 'user') return undefined;
    const { claims, isAdministrator } = await readClaimant(
      caller,
      this.#userInfo,
      this.#config,
    );
    const { ownerRefs } = toCatalogEntity(entity);
    if (isAdministrator || ownerRefs.some(ref => claims.includes(ref))) {
      return undefined;
    }
    const { title = entity.metadata.name } = entity.metadata;
    const owners = ownersInWords(ownerRefs);
    return owners
      ? `${title} belongs to ${owners}. Ask them or the platform team to set up AWS access for it.`
      : `${title} has no owner in the catalog. Ask the platform team to set up AWS access for it.`;
  }
}

/** Which workloads are those of the entity. */
function matcherOf(
  selector: string | undefined,
  id: string,
): ((workload: FoundWorkload) => boolean) | undefined {
  if (selector) {
    const wanted = selector.split(',').map(part => part.trim().split(/==?/));
    // Other operators than equality are left to the person.
    return wanted.every(([key, value]) => key && value && !/[!()\s]/.test(key))
      ? ({ labels }) => wanted.every(([key, value]) => labels[key] === value)
      : undefined;
  }
  return ({ labels, name }) => (labels[ID] ?? name) === id;
}
