import { type SetupAnswer } from 'backstage-plugin-eks-pod-identity-common';
import { proposedBoundary, type RightsPlace } from '../aws/portalRights';
import { principalArn } from '../aws/principal';
import type {
  ClusterConfig,
  Clusters,
  CredentialRole,
  EngineConfig,
} from '../clusters/types';
import { answering, wordsOf } from './answers';
import { hasBoundary } from './boundary';
import { changes } from './changing';
import { isHeldBack, type ReadOwnFile } from './heldBack';
import { mayInKubernetes } from './kubernetes';
import { finds, reads } from './reading';
import { assumes } from './roles';
import { rolesBelowThePath } from './rolesBelow';

/** @public */
export interface SetupRequest {
  cluster: ClusterConfig;
  roles: readonly CredentialRole[];
  /** In which the portal may verify and write, as far as they are known. */
  namespaces: readonly string[];
  /** The settings are no portal's: its admission policies, which are made of them, cannot be told. */
  withoutPortal?: boolean;
}

/**
 * Tries harmlessly what the portal needs on a cluster: its roles, what they may read and change on AWS, their rights in
 * Kubernetes and the boundary. Nothing is changed, and every gap is found at once; what could not be tried is said to be
 * unknown.
 *
 * @public
 */
export async function checkSetup(
  { cluster, roles, namespaces, withoutPortal }: SetupRequest,
  {
    clusters,
    config,
    readOwnFile,
  }: {
    clusters: Clusters;
    config: Pick<EngineConfig, 'portalId' | 'evidence'>;
    /** Of the pod in which this runs; default: its files. */
    readOwnFile?: ReadOwnFile;
  },
): Promise<SetupAnswer[]> {
  const { partition, region, accountId, name, guardrails, rolePath } = cluster;
  const place: RightsPlace = {
    partition,
    region,
    accountId,
    clusterName: name,
    rolePath,
    boundaryArn:
      guardrails.permissionsBoundaryArn ??
      proposedBoundary({ partition, accountId }),
    portalId: config.portalId,
  };
  const reader = clusters.session(cluster.id, 'read');
  const principal = clusters.principal(cluster.id);

  const ofRole = async (role: CredentialRole): Promise<SetupAnswer[]> => {
    const session = clusters.session(cluster.id, role);
    const first = await assumes(session, {
      principal,
      reader: role === 'read' ? undefined : reader,
    });
    if (first.status !== 'pass') return [first];
    const arn = cluster.roles[role] ?? (await principalArn(session));
    return [
      first,
      ...(
        await Promise.all([
          ...(role === 'read' ? [finds(session)] : []),
          reads(session, place, {
            evidence: role === 'read' && config.evidence.cloudTrail,
          }),
          ...(cluster.kubernetes.access === 'none'
            ? []
            : [
                mayInKubernetes(session, { namespaces, arn }),
                ...(withoutPortal
                  ? []
                  : [
                      isHeldBack(session, reader, {
                        namespaces,
                        read: readOwnFile,
                      }),
                    ]),
              ]),
        ])
      ).flat(),
    ];
  };

  /** Asked by the role that reads, so that a role which cannot be assumed hides no gap. */
  const ofChanges = async (): Promise<SetupAnswer[]> => {
    try {
      const isRole = cluster.roles.write !== undefined;
      const changer =
        cluster.roles.write ?? (await principalArn(reader)) ?? 'the caller';
      await principalArn(reader);
      return await Promise.all([
        changes(
          {
            reader,
            principal: changer,
            isRole,
            installAgent: cluster.allow.installAgent,
            editTrust: cluster.guardrails.roles.editTrust.length > 0,
          },
          place,
        ),
        hasBoundary(reader, place),
        rolesBelowThePath(reader, place),
      ]);
    } catch (error) {
      return [
        answering('write', 'changing').unknown(
          `Not tried, because the role that reads could not ask: ${wordsOf(
            error,
          )}`,
        ),
      ];
    }
  };
  return (
    await Promise.all([
      ...roles.map(ofRole),
      ...(roles.includes('write') ? [ofChanges()] : []),
    ])
  ).flat();
}
