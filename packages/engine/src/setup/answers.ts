import {
  type CheckFix,
  type SetupAnswer,
} from 'backstage-plugin-eks-pod-identity-common';
import { classifyAwsError } from '../aws/classify';
import { actionsOf } from '../aws/findRight';
import type { RightsStatement } from '../aws/portalRights';
import type { ClusterConfig, CredentialRole } from '../clusters/types';
import { RBAC_SECTIONS } from '../verification/framework/rights';
import { permissionsPage } from '../text/permissionsPage';

/** Where what is missing is ready to apply, and explained. A test looks both up. */
export const artefactsOf = (cluster: Pick<ClusterConfig, 'permissionsUrl'>) => {
  const page = permissionsPage(cluster);
  return {
    principal: { section: `${page}#aws-the-portals-own-principal` },
    trust: {
      file: 'deploy/cloudformation.yaml',
      section: `${page}#aws-trusting-the-portal`,
    },
    reading: {
      file: 'deploy/cloudformation.yaml',
      section: `${page}#aws-reading`,
    },
    evidence: {
      file: 'deploy/cloudformation.yaml',
      section: `${page}#aws-evidence-of-use`,
    },
    changing: {
      file: 'deploy/cloudformation.yaml',
      section: `${page}#aws-changing`,
    },
    simulating: {
      file: 'deploy/cloudformation.yaml',
      section: `${page}#aws-verifying`,
    },
    boundary: {
      file: 'deploy/cloudformation.yaml',
      section: `${page}#aws-a-boundary-for-the-roles-of-workloads`,
    },
    entries: {
      file: 'deploy/cloudformation.yaml',
      section: `${page}#kubernetes-letting-the-roles-in`,
    },
    rbac: {
      read: {
        file: 'deploy/rbac.yaml',
        section: `${page}#${RBAC_SECTIONS.read}`,
      },
      verify: {
        file: 'deploy/rbac.yaml',
        section: `${page}#${RBAC_SECTIONS.verify}`,
      },
      write: {
        file: 'deploy/rbac.yaml',
        section: `${page}#${RBAC_SECTIONS.write}`,
      },
    },
    // Without a file: that of deploy/ is for other settings.
    policies: {
      section: `${page}#kubernetes-only-the-probe-only-restarts`,
    },
    config: { section: 'docs/configuration.md#clusters' },
  };
};

/** Fills in what all answers of one question share. */
export function answering(
  role: CredentialRole,
  subject: SetupAnswer['subject'],
) {
  const about = { role, subject };
  return {
    pass: (message: string): SetupAnswer => ({
      ...about,
      status: 'pass',
      message,
    }),
    fail: (
      message: string,
      fix?: CheckFix,
      artefact?: SetupAnswer['artefact'],
    ): SetupAnswer => ({
      ...about,
      status: 'fail',
      message,
      ...(fix ? { fix } : {}),
      ...(artefact ? { artefact } : {}),
    }),
    unknown: (
      message: string,
      more: Pick<SetupAnswer, 'fix' | 'artefact'> = {},
    ): SetupAnswer => ({ ...about, status: 'unknown', message, ...more }),
  };
}

export const json = (document: unknown) => ({
  language: 'json',
  text: JSON.stringify(document, null, 2),
});

/** What AWS said, or another part of the engine. */
export const wordsOf = (error: unknown): string =>
  classifyAwsError(error).message;

/** The statements that have one of the actions, as a policy. */
export function policyWith(
  statements: readonly RightsStatement[],
  actions: readonly string[],
) {
  return json({
    Version: '2012-10-17',
    Statement: statements.filter(statement =>
      actionsOf(statement).some(action => actions.includes(action)),
    ),
  });
}
