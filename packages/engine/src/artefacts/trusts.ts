import { POD_IDENTITY_SERVICE, TRUST_ACTIONS } from '../identity/trust';

/** Who may assume a role that the artefacts make, beside the portal's own principal (`trustOfRoles`). */

interface Trust {
  Version: '2012-10-17';
  Statement: {
    Sid: string;
    Effect: 'Allow';
    Principal: Record<string, string>;
    Action: string | string[];
    Condition: Record<string, Record<string, string>>;
  }[];
}

const trust = (statement: Omit<Trust['Statement'][0], 'Effect'>): Trust => {
  const { Sid, ...rest } = statement;
  return {
    Version: '2012-10-17',
    Statement: [{ Sid, Effect: 'Allow', ...rest }],
  };
};

/** Of a token with exactly this subject and audience. `issuer` is its URL without https://. */
export const trustOfToken = (
  Sid: string,
  token: {
    providerArn: string;
    issuer: string;
    audience: string;
    subject: string;
  },
): Trust =>
  trust({
    Sid,
    Principal: { Federated: token.providerArn },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: {
        [`${token.issuer}:aud`]: token.audience,
        [`${token.issuer}:sub`]: token.subject,
      },
    },
  });

/** Of the pods of exactly this service account in this cluster, as EKS Pod Identity tags their session. */
export const trustOfPods = (
  Sid: string,
  pods: { clusterArn: string; namespace: string; serviceAccount: string },
): Trust =>
  trust({
    Sid,
    Principal: { Service: POD_IDENTITY_SERVICE },
    Action: [...TRUST_ACTIONS],
    Condition: {
      StringEquals: {
        'aws:RequestTag/eks-cluster-arn': pods.clusterArn,
        'aws:RequestTag/kubernetes-namespace': pods.namespace,
        'aws:RequestTag/kubernetes-service-account': pods.serviceAccount,
      },
    },
  });
