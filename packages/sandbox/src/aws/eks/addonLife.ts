import { ClusterKey } from '../../core/contract';
import { AddonIssue, AddonRecord, ClusterRecord } from '../state/types';
import { World } from '../state/world';
import { writeAssociation } from './associationStore';

/** Name of the add-on that runs the Pod Identity Agent. */
export const AGENT_ADDON = 'eks-pod-identity-agent';

/** How often EKS looks at a degraded add-on. */
const LOOK_AGAIN_MS = 300_000;

const keyOfCluster = (cluster: ClusterRecord): ClusterKey => ({
  accountId: cluster.accountId,
  region: cluster.region,
  name: cluster.name,
});

/** The issue that makes an installation fail when the cluster runs a self-managed agent. */
function conflictIssue(
  world: World,
  cluster: ClusterRecord,
  addon: AddonRecord,
): AddonIssue | undefined {
  const conflict =
    addon.addonName === AGENT_ADDON &&
    addon.resolveConflicts !== 'OVERWRITE' &&
    world.kubernetes?.hasSelfManagedAgent(keyOfCluster(cluster));
  return conflict
    ? {
        code: 'ConfigurationConflict',
        message: `Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:\nDaemonSet.apps ${AGENT_ADDON} - .spec.template.spec.containers[name="${AGENT_ADDON}"].image`,
        resourceIds: [],
      }
    : undefined;
}

/** Plans an add-on's next state and schedules the transition. */
export function planTransition(
  world: World,
  cluster: ClusterRecord,
  addon: AddonRecord,
  to: NonNullable<AddonRecord['transition']>['to'],
  afterMs: number = world.core.delays.addon,
): void {
  const at = world.now() + afterMs;
  addon.transition = { at, to };
  scheduleTransition(world, cluster, addon);
}

/** Schedules a planned transition on the clock; also called after a snapshot is restored. */
export function scheduleTransition(
  world: World,
  cluster: ClusterRecord,
  addon: AddonRecord,
): void {
  const planned = addon.transition;
  if (planned) {
    world.core.clock.schedule(planned.at, () =>
      settle(world, cluster, addon, planned),
    );
  }
}

async function settle(
  world: World,
  cluster: ClusterRecord,
  addon: AddonRecord,
  planned: NonNullable<AddonRecord['transition']>,
): Promise<void> {
  const overtaken =
    addon.transition !== planned ||
    cluster.addons.get(addon.addonName) !== addon;
  if (overtaken) {
    return;
  }
  addon.transition = undefined;
  if (planned.to === 'gone') {
    await remove(world, cluster, addon);
    return;
  }
  const conflict =
    addon.status === 'CREATING' && planned.to === 'ACTIVE'
      ? conflictIssue(world, cluster, addon)
      : undefined;
  if (addon.status === 'DEGRADED' && planned.to === 'ACTIVE') {
    if (world.kubernetes?.agentsReady(keyOfCluster(cluster))) {
      Object.assign(addon, { status: 'ACTIVE', issues: [] });
    } else {
      planTransition(world, cluster, addon, 'ACTIVE', LOOK_AGAIN_MS);
    }
    return;
  }
  addon.modifiedAt = world.now();
  if (conflict) {
    addon.status = 'CREATE_FAILED';
    addon.issues = [conflict];
    return;
  }
  if (addon.addonName === AGENT_ADDON && planned.to === 'ACTIVE') {
    await world.kubernetes?.installAgent(keyOfCluster(cluster), {
      version: addon.addonVersion,
      namespace: addon.namespace,
      configurationValues: addon.configurationValues,
    });
  }
  if (planned.restarts?.length) {
    await world.kubernetes?.restartPods(keyOfCluster(cluster), {
      namespace: addon.namespace,
      serviceAccounts: planned.restarts,
    });
  }
  addon.status = planned.to;
  addon.issues = planned.issues ?? [];
}

async function remove(
  world: World,
  cluster: ClusterRecord,
  addon: AddonRecord,
): Promise<void> {
  cluster.addons.delete(addon.addonName);
  if (addon.preserve) {
    return;
  }
  for (const arn of addon.podIdentityAssociations) {
    writeAssociation(world, cluster, arn.split('/').pop()!, undefined);
  }
  if (addon.addonName === AGENT_ADDON) {
    await world.kubernetes?.removeAgent(keyOfCluster(cluster));
  }
}
