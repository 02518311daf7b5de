import type { MoveStage } from 'backstage-plugin-eks-pod-identity-common';
import { aws, bash, type Command, kubectl } from '../text/bash';
import { listed } from '../text/listed';
import { undoneBy } from '../verification/framework/render';
import { removeIrsa } from '../verification/serviceAccount/irsa';
import {
  inTurn,
  program,
  refOf,
  rollingOf,
  type Subject,
  told,
  waitedForOf,
} from './subject';
import { admits, rehearsalName } from './trustStage';

/** Pods that still have to be restarted are no fault; an answer that is missing is. */
const STILL_ON_IRSA = ['--fail-on', 'inconclusive'];

/** The aws of a machine may be older than the option. */
const aboutTagsOff = ({ role }: Subject) =>
  role.mayAssume
    ? [
        'The option --disable-session-tags takes an AWS CLI of June 2025 or later.',
      ]
    : [];

function associate(
  { account, cluster, role }: Subject,
  name: string,
  options: readonly string[] = [],
): Command {
  const all = [
    ...(role.mayAssume ? ['--disable-session-tags'] : []),
    ...options,
  ];
  return aws`eks create-pod-identity-association --cluster-name ${cluster.name} --region ${cluster.region} --namespace ${account.namespace} --service-account ${name} --role-arn ${role.role.arn} ${all}`;
}

/** Proves the new road, and takes away what it made, and nothing else. */
function rehearse(subject: Subject): Command {
  const { account, cluster, role } = subject;
  const { namespace } = account;
  const name = rehearsalName(account.name);
  const object = { kind: 'serviceaccount', name, namespace };
  const ref = refOf(subject, name);
  const made = ['--query', 'association.associationId', '--output', 'text'];
  const gate = program(subject, 'gate', ref, []);
  const verify = program(subject, 'verify', ref, [
    '--before-deploy',
    '--expect-role',
    role.role.arn,
  ]);
  const disassociate = aws`eks delete-pod-identity-association --cluster-name ${cluster.name} --region ${cluster.region} --association-id "$id"`;
  return bash`${kubectl('create', object)``} && (
  id=$(${associate(subject, name, made)}) && {
    proven=0
    ${gate} && ${verify} || proven=$?
    ${disassociate}
  }
  ${kubectl('delete', object)``}
  exit "\${proven:-1}"
)`;
}

/**
 * Another service account takes the new road first.
 *
 * @param trustPolicy - as it is by then
 */
export function rehearsalStage(
  subject: Subject,
  { trustPolicy }: { trustPolicy: unknown },
): MoveStage {
  const { account } = subject;
  const name = rehearsalName(account.name);
  const stage = {
    id: 'rehearsal',
    title: 'Rehearse with a service account that nothing uses',
  } as const;
  if (account.association) {
    return { ...stage, state: 'left-out', notes: ['The move is past it.'] };
  }
  if (!admits(subject, name, trustPolicy)) {
    return {
      ...stage,
      state: 'left-out',
      notes: [
        `The trust policy admits ${account.name} alone, so that no other service account can try it first. The pod of the gate is the first proof.`,
      ],
    };
  }
  return {
    ...stage,
    state: 'to-do',
    ...told(
      [
        `The commands make service account ${name} with an association to the same role, run a pod under it, and take both away again. Nothing of the workload is touched.`,
        'It finds what no policy shows: a service control policy, the network, a node without an agent.',
        ...aboutTagsOff(subject),
      ],
      rehearse(subject),
    ),
    until: 'All of it ends with 0.',
  };
}

/** From here on new pods take the new road. */
export function associationStage(subject: Subject): MoveStage {
  const { account, role } = subject;
  const stage = {
    id: 'association',
    title: `Associate ${refOf(subject)} with role ${role.role.name}`,
  } as const;
  if (account.association) {
    return { ...stage, state: 'done', notes: ['The association is there.'] };
  }
  return {
    ...stage,
    state: 'to-do',
    ...told(
      [
        'This is the decision: from here on every pod that starts, by an autoscaler, a drain, a deployment or a CronJob, takes Pod Identity. Running pods keep IRSA.',
        'Do it while neither the cluster nor its nodes nor the agent are being updated.',
        'A pod that starts in the seconds in which the webhook knows the association and EKS Auth does not yet is refused at its first request.',
        ...aboutTagsOff(subject),
      ],
      associate(subject, account.name),
    ),
  };
}

/** Every API server hands out the new road, and a pod proves it. */
export function gateStage(
  subject: Subject,
  { isMoved }: { isMoved: boolean },
): MoveStage {
  const stage = {
    id: 'gate',
    title: 'Prove that new pods obtain the role by Pod Identity',
  } as const;
  if (isMoved) return { ...stage, state: 'done', notes: ['Its pods have it.'] };
  const ref = refOf(subject);
  return {
    ...stage,
    state: 'to-do',
    ...told(
      [
        'The second command runs a pod under the service account itself. Where it does not end with 0, take the way back: no pod of the workload was restarted.',
      ],
      inTurn([
        program(subject, 'gate', ref, []),
        program(subject, 'verify', ref, [
          ...STILL_ON_IRSA,
          '--expect-role',
          subject.role.role.arn,
        ]),
      ]),
    ),
    until: 'Both commands end with 0.',
  };
}

/** One workload after the other, each proven before the next. */
export function restartStage(
  subject: Subject,
  { isMoved }: { isMoved: boolean },
): MoveStage {
  const { pods } = subject.account;
  const stage = {
    id: 'restart',
    title: 'Restart one workload after the other',
  } as const;
  if (isMoved) {
    return {
      ...stage,
      state: 'done',
      notes: [pods.count ? 'None of its pods is on IRSA.' : 'It has no pod.'],
    };
  }
  const rolling = rollingOf(subject);
  const waited = waitedForOf(subject);
  const restarted = rolling.filter(({ heldBack }) => !heldBack);
  const commands = restarted.flatMap(({ restart, status }, index) => [
    restart,
    status,
    program(
      subject,
      'verify',
      refOf(subject),
      index < restarted.length - 1 ? STILL_ON_IRSA : [],
    ),
  ]);
  return {
    ...stage,
    state: 'to-do',
    ...told(
      [
        ...(restarted.length > 1
          ? [
              `Begin with ${restarted[0].what}. Each verification names only pods of workloads that follow; look at the program itself before the next one, too.`,
            ]
          : []),
        ...rolling.flatMap(({ heldBack }) => heldBack ?? []),
        ...(waited.length
          ? [
              `No restart reaches ${listed(
                waited.slice(0, 5),
              )}: their next pods take Pod Identity. Wait for them.`,
            ]
          : []),
      ],
      commands.length ? inTurn(commands) : undefined,
    ),
    until:
      'The last verification ends with 0, and the programs do what they did before.',
  };
}

/** The service account no longer asks for IRSA. */
export function annotationStage(
  subject: Subject,
  { isLetIn }: { isLetIn: boolean },
): MoveStage {
  const { namespace, name, annotated } = subject.account;
  const stage = {
    id: 'annotation',
    title: 'Take the annotation of IRSA off',
  } as const;
  if (!annotated) {
    return {
      ...stage,
      state: 'done',
      notes: ['The service account has no annotation of IRSA.'],
    };
  }
  return {
    ...stage,
    state: 'to-do',
    ...told(
      [
        'It does no harm where it stays, because the association comes first; and it is the way back.',
        'The Secrets Store CSI driver and External Secrets may read it, too, and so may a cluster that is made later from the same source.',
        ...(annotated.source
          ? [undoneBy(annotated.source, { kind: 'serviceaccount', name })]
          : []),
        ...(isLetIn ? ['It comes last, after the stage before.'] : []),
      ],
      isLetIn ? undefined : removeIrsa(namespace, name),
    ),
  };
}
