import type { MoveBack } from 'backstage-plugin-eks-pod-identity-common';
import { providerOf } from '../inventory/trust';
import { aws, type Command } from '../text/bash';
import { listed } from '../text/listed';
import {
  inTurn,
  program,
  refOf,
  rollingOf,
  type Subject,
  told,
  waitedForOf,
} from './subject';

/** What a way back would lack; sentences. */
function obstaclesOf(subject: Subject): string[] {
  const { account, cluster, facts, role, trust } = subject;
  const { providers } = facts;
  const provider = providerOf(cluster);
  const waited = waitedForOf(subject);
  return [
    ...(account.annotated?.roleArn === role.role.arn
      ? []
      : ['The service account has no annotation of IRSA for this role.']),
    ...(trust.answer === 'yes'
      ? []
      : [
          `The trust policy of role ${role.role.name} does not let it in by IRSA.`,
        ]),
    ...(providers.known && provider && !providers.value.has(provider)
      ? ['The account does not trust the OIDC provider of the cluster.']
      : []),
    ...(providers.known
      ? []
      : [
          `Whether the account trusts the OIDC provider of the cluster was not read: ${providers.lack.sentence}`,
        ]),
    ...rollingOf(subject).flatMap(({ heldBack }) => heldBack ?? []),
    ...(waited.length
      ? [
          `No restart reaches ${listed(
            waited.slice(0, 5),
          )}: pods that start before the way back and still run after it lose their access.`,
        ]
      : []),
  ];
}

const deletion = ({ account, cluster }: Subject): Command => {
  const found = aws`eks list-pod-identity-associations --cluster-name ${
    cluster.name
  } --region ${cluster.region} --namespace ${
    account.namespace
  } --service-account ${
    account.name
  } --query ${'associations[0].associationId'} --output text`;
  return aws`eks delete-pod-identity-association --cluster-name ${cluster.name} --region ${cluster.region} --association-id "$(${found})"`;
};

/** Back to IRSA from every stage before the old statement goes. */
export function wayBack(subject: Subject): MoveBack {
  const obstacles = obstaclesOf(subject);
  if (obstacles.length > 0) {
    return {
      possible: false,
      notes: [
        'There is no way back on which no request is refused.',
        ...obstacles,
      ],
    };
  }
  const rolling = rollingOf(subject);
  const restarts = rolling.map(({ restart }) => restart);
  const statuses = rolling.map(({ status }) => status);
  return {
    possible: true,
    ...told(
      [
        'Restart first, because the agent then holds credentials for three hours; delete the association; wait until every API server hands out IRSA again; restart at once.',
        'Where the gate does not end with 0, make the association again, before anything restarts.',
        'Images that came since the move were not seen on IRSA.',
      ],
      inTurn([
        ...restarts,
        ...statuses,
        deletion(subject),
        program(subject, 'gate', refOf(subject), ['--road', 'irsa']),
        ...restarts,
        ...statuses,
      ]),
    ),
  };
}
