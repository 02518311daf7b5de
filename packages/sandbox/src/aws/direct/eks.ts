import { ClusterKey } from '../../core/contract';
import {
  honouredEntries,
  newAccessEntry,
  writeAccessEntry,
} from '../eks/accessEntries';
import { newAddon } from '../eks/addons';
import { catalogueAddon, defaultAddonVersion } from '../eks/addonCatalogue';
import { AGENT_ADDON, planTransition } from '../eks/addonLife';
import {
  associationOf,
  currentAssociation,
  listedAssociations,
  placeAssociation,
  writeAssociation,
} from '../eks/associationStore';
import {
  AccessEntryRecord,
  AddonIssue,
  AddonRecord,
  AddonStatus,
  AssociationRecord,
  ClusterRecord,
  NodegroupRecord,
} from '../state/types';
import { World } from '../state/world';

/** A cluster by name if that is unique in the sandbox, otherwise by key. */
export type ClusterRef = string | ClusterKey;

/** A cluster to create. */
export interface ClusterInput {
  accountId?: string;
  region?: string;
  name: string;
  version?: string;
  platformVersion?: string;
  status?: ClusterRecord['status'];
  authenticationMode?: ClusterRecord['authenticationMode'];
  autoMode?: ClusterRecord['autoMode'];
  endpointPublicAccess?: boolean;
  endpointPrivateAccess?: boolean;
  ipFamily?: 'ipv4' | 'ipv6';
  tags?: Record<string, string>;
}

/** Direct access to EKS's state, bypassing permissions and checks. */
export class EksDirect {
  constructor(
    private readonly world: World,
    private readonly mainAccount: string,
    private readonly mainRegion: string,
  ) {}

  /** The cluster's record; throws unless exactly one cluster has that name. */
  cluster(ref: ClusterRef): ClusterRecord {
    const found =
      typeof ref === 'string'
        ? this.world.clusters().filter(cluster => cluster.name === ref)
        : [this.world.cluster(ref)].filter(c => c !== undefined);
    if (found.length !== 1) {
      throw new Error(
        `${found.length} clusters are called ${JSON.stringify(ref)}`,
      );
    }
    return found[0];
  }

  /** The key that both sides of the sandbox use for a cluster. */
  key(ref: ClusterRef): ClusterKey {
    const { accountId, region, name } = this.cluster(ref);
    return { accountId, region, name };
  }

  /** Creates a cluster on the AWS side only; `Sandbox.createCluster` creates both sides. */
  putCluster(input: ClusterInput): ClusterRecord {
    const accountId = input.accountId ?? this.mainAccount;
    const region = input.region ?? this.mainRegion;
    const { name } = input;
    const record: ClusterRecord = {
      accountId,
      region,
      name,
      arn: this.world.clusterArn({ accountId, region, name }),
      version: input.version ?? '1.33',
      platformVersion: input.platformVersion ?? 'eks.11',
      status: input.status ?? 'ACTIVE',
      roleArn: this.world.iamArn(accountId, `role/eks-cluster-${name}`),
      createdAt: this.world.now(),
      authenticationMode: input.authenticationMode ?? 'API_AND_CONFIG_MAP',
      autoMode: this.world.inPartition(input.autoMode),
      endpointPublicAccess: input.endpointPublicAccess ?? true,
      endpointPrivateAccess: input.endpointPrivateAccess ?? true,
      publicAccessCidrs: ['0.0.0.0/0'],
      ipFamily: input.ipFamily ?? 'ipv4',
      deletionProtection: false,
      issues: [],
      tags: input.tags ?? {},
      vpc: {
        vpcId: `vpc-0${this.world.ids.hex(16)}`,
        subnetIds: [1, 2, 3].map(() => `subnet-0${this.world.ids.hex(16)}`),
        clusterSecurityGroupId: `sg-0${this.world.ids.hex(16)}`,
      },
      addons: new Map(),
      associations: new Map(),
      accessEntries: new Map(),
      nodegroups: new Map(),
      fargateProfiles: new Map(),
    };
    this.world.account(accountId).clusters.set(`${region}/${name}`, record);
    return record;
  }

  /** Changes fields of a cluster, such as its status. */
  updateCluster(
    ref: ClusterRef,
    change: Partial<
      Pick<
        ClusterRecord,
        | 'status'
        | 'version'
        | 'platformVersion'
        | 'authenticationMode'
        | 'endpointPublicAccess'
        | 'endpointPrivateAccess'
        | 'issues'
        | 'tags'
        | 'outpostConfig'
        | 'connectorConfig'
      >
    >,
  ): void {
    Object.assign(this.cluster(ref), change);
  }

  /** Deletes a cluster and its associations on the AWS side. */
  deleteCluster(ref: ClusterRef): void {
    const { accountId, region, name } = this.cluster(ref);
    this.world.account(accountId).clusters.delete(`${region}/${name}`);
  }

  /** Creates an association, replacing any other of the same service account at once. */
  putAssociation(
    ref: ClusterRef,
    input: Pick<AssociationRecord, 'namespace' | 'serviceAccount' | 'roleArn'> &
      Partial<AssociationRecord>,
  ): AssociationRecord {
    const cluster = this.cluster(ref);
    const before = associationOf(
      this.world,
      cluster,
      input.namespace,
      input.serviceAccount,
    );
    if (before) {
      cluster.associations.delete(before.associationId);
    }
    return placeAssociation(this.world, cluster, this.world.inPartition(input));
  }

  /** Creates many associations without checking for others of the same service accounts. */
  putAssociations(
    ref: ClusterRef,
    inputs: Parameters<EksDirect['putAssociation']>[1][],
  ): AssociationRecord[] {
    const cluster = this.cluster(ref);
    return this.world
      .inPartition(inputs)
      .map(input => placeAssociation(this.world, cluster, input));
  }

  /** Changes fields of an association without an API call. */
  updateAssociation(
    ref: ClusterRef,
    associationId: string,
    change: Partial<AssociationRecord>,
  ): AssociationRecord {
    const cluster = this.cluster(ref);
    const record = currentAssociation(cluster.associations.get(associationId));
    if (!record) {
      throw new Error(`There is no association ${associationId}`);
    }
    const updated = {
      ...record,
      modifiedAt: this.world.now(),
      ...this.world.inPartition(change),
    };
    writeAssociation(this.world, cluster, associationId, updated);
    return updated;
  }

  /** Deletes an association as the API would, propagation included. */
  deleteAssociation(ref: ClusterRef, associationId: string): void {
    writeAssociation(this.world, this.cluster(ref), associationId, undefined);
  }

  /** The full records of the associations that List shows. */
  associations(ref: ClusterRef): AssociationRecord[] {
    return listedAssociations(this.world, this.cluster(ref));
  }

  /** Creates an add-on in any state; an ACTIVE or DEGRADED agent also gets its DaemonSet. */
  async putAddon(
    ref: ClusterRef,
    input: Partial<AddonRecord> & { addonName: string },
  ): Promise<AddonRecord> {
    const cluster = this.cluster(ref);
    const offered = catalogueAddon(input.addonName);
    const version =
      input.addonVersion ??
      (offered && defaultAddonVersion(offered, cluster.version)) ??
      'v1.0.0-eksbuild.1';
    const addon = newAddon(cluster, this.world.ids.uuid(), this.world.now(), {
      status: 'ACTIVE',
      ...input,
      addonVersion: version,
    });
    cluster.addons.set(addon.addonName, addon);
    const running = addon.status === 'ACTIVE' || addon.status === 'DEGRADED';
    if (addon.addonName === AGENT_ADDON && running) {
      await this.world.kubernetes?.installAgent(this.key(ref), {
        version: addon.addonVersion,
        namespace: addon.namespace,
        configurationValues: addon.configurationValues,
      });
    }
    return addon;
  }

  /** Sets the state and health issues of an add-on and cancels its pending transition. */
  setAddonHealth(
    ref: ClusterRef,
    addonName: string,
    health: {
      status: AddonStatus;
      issues?: AddonIssue[];
      /** EKS looks again after this long, and makes the add-on ACTIVE once its pods are ready; never by default. */
      lookAgainMs?: number;
    },
  ): void {
    const cluster = this.cluster(ref);
    const addon = cluster.addons.get(addonName);
    if (!addon) {
      throw new Error(`There is no add-on ${addonName}`);
    }
    addon.transition = undefined;
    addon.status = health.status;
    addon.issues = health.issues ?? [];
    addon.modifiedAt = this.world.now();
    if (health.lookAgainMs !== undefined) {
      planTransition(this.world, cluster, addon, 'ACTIVE', health.lookAgainMs);
    }
  }

  /** Creates an access entry; policies are given by name and hold in the whole cluster. */
  putAccessEntry(
    ref: ClusterRef,
    input: {
      principalArn: string;
      groups?: string[];
      username?: string;
      type?: string;
      policies?: { name: string }[];
    },
  ): AccessEntryRecord {
    const cluster = this.cluster(ref);
    const { policies, ...members } = this.world.inPartition(input);
    const entry = newAccessEntry(this.world, cluster, {
      ...members,
      policies: (policies ?? []).map(
        ({ name }) =>
          `arn:${this.world.partition.id}:eks::aws:cluster-access-policy/${name}`,
      ),
    });
    writeAccessEntry(this.world, cluster, entry.principalArn, entry);
    return entry;
  }

  /** Deletes an access entry. */
  deleteAccessEntry(ref: ClusterRef, principalArn: string): void {
    writeAccessEntry(this.world, this.cluster(ref), principalArn, undefined);
  }

  /** The access entries that the Kubernetes API applies now. */
  accessEntries(ref: ClusterRef) {
    return honouredEntries(this.world, this.cluster(ref));
  }

  /** Creates a node group's record; its nodes are on the Kubernetes side. */
  putNodegroup(
    ref: ClusterRef,
    input: Partial<NodegroupRecord> & {
      nodegroupName: string;
      nodeRole: string;
    },
  ): void {
    this.cluster(ref).nodegroups.set(input.nodegroupName, {
      amiType: 'AL2023_x86_64_STANDARD',
      instanceTypes: ['m6i.large'],
      desiredSize: 2,
      createdAt: this.world.now(),
      labels: {},
      tags: {},
      ...this.world.inPartition(input),
    });
  }

  /** Creates a Fargate profile's record. */
  putFargateProfile(
    ref: ClusterRef,
    input: {
      fargateProfileName: string;
      podExecutionRoleArn: string;
      namespaces: string[];
    },
  ): void {
    this.cluster(ref).fargateProfiles.set(input.fargateProfileName, {
      fargateProfileName: input.fargateProfileName,
      podExecutionRoleArn: this.world.inPartition(input.podExecutionRoleArn),
      selectors: input.namespaces.map(namespace => ({ namespace })),
      createdAt: this.world.now(),
      tags: {},
    });
  }
}
