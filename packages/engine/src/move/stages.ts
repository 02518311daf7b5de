import type { MoveStage } from 'backstage-plugin-eks-pod-identity-common';
import { nameOfArn } from '../aws/arn';
import { aws, bash, type Command, kubectl } from '../text/bash';
import { asSentence } from '../text/fullStop';
import { listed } from '../text/listed';
import { undoneBy } from '../verification/framework/render';
import { removeIrsa } from '../verification/serviceAccount/irsa';
import { byUpdate, updateAddon } from './addon';
import {
  expectRole,
  inTurn,
  othersOf,
  program,
  refOf,
  rollingOf,
  type Subject,
  told,
  WAIT,
} from './subject';
import { rehearsalName } from './trustStage';

/** Pods that are still to be restarted are no fault where a test pod has obtained the role. */
const RESTART_LATER = '--restart-later';

/** The aws of a machine may be older than the options. */
const aboutOptions = ({ tagsOff, target }: Subject) => [
  ...(tagsOff
    ? [
        'The option --disable-session-tags needs an AWS CLI of July 2025 or later.',
      ]
    : []),
  ...(target
    ? ['The option --target-role-arn needs an AWS CLI of June 2025 or later.']
    : []),
];

/** Makes an association of a service account of the namespace with the role. */
function associate(
  { account, cluster, role, tagsOff, target }: Subject,
  name: string,
  options: readonly string[] = [],
): Command {
  const all = [
    ...['--cluster-name', cluster.name, '--region', cluster.region],
    ...['--namespace', account.namespace, '--service-account', name],
    ...['--role-arn', role.role.arn],
    ...(target ? ['--target-role-arn', target] : []),
    ...(tagsOff ? ['--disable-session-tags'] : []),
    ...options,
  ];
  return aws`eks create-pod-identity-association ${all}`;
}

/** Makes the association of the service account again, with the settings of the one that there is. */
export function associateAgain(subject: Subject): Command {
  const { association, name } = subject.account;
  if (subject.addon) return updateAddon(subject, subject.addon, 'associate');
  const { policy } = association ?? {};
  // AWS accepts its own tags from no caller
  const tags = Object.fromEntries(
    Object.entries(association?.tags ?? {}).filter(
      ([key]) => !key.startsWith('aws:'),
    ),
  );
  return associate(subject, name, [
    ...(policy ? ['--policy', policy] : []),
    ...(Object.keys(tags).length ? ['--tags', JSON.stringify(tags)] : []),
  ]);
}

/** Proves the new road, and takes away what it made, and nothing else, however it ends. */
function rehearse(subject: Subject): Command {
  const { account, cluster } = subject;
  const { namespace } = account;
  const name = rehearsalName(account.name);
  const object = { kind: 'serviceaccount', name, namespace };
  const ref = refOf(subject, name);
  const made = ['--query', 'association.associationId', '--output', 'text'];
  const gate = program(subject, 'gate', ref);
  const verify = program(subject, 'verify', ref, [
    '--before-deploy',
    ...WAIT,
    ...expectRole(subject),
  ]);
  const disassociate = aws`eks delete-pod-identity-association --cluster-name ${cluster.name} --region ${cluster.region} --association-id "$id"`;
  // Cut off while EKS was asked, its id is not known
  const find = aws`eks list-pod-identity-associations --cluster-name ${
    cluster.name
  } --region ${
    cluster.region
  } --namespace ${namespace} --service-account ${name} --query ${'associations[0].associationId'} --output text`;
  return bash`(
  proven=1 made= asked= id=
  tidy() {
    [ -z "$asked" ] || [ -n "$id" ] || id=$(${find}) || proven=1
    [ "$id" != None ] || id=
    [ -z "$id" ] || ${disassociate} || proven=1
    [ -z "$made" ] || ${kubectl('delete', object)``} || proven=1
    made= asked= id=
  }
  trap tidy EXIT
  trap 'exit 130' HUP INT TERM
  ${kubectl('create', object)``} && made=yes && asked=yes &&
    id=$(${associate(subject, name, made)}) &&
    ${gate} &&
    ${verify} && proven=0
  tidy
  exit "$proven"
)`;
}

/** Another service account takes the new road first. */
export function rehearsalStage(
  subject: Subject,
  { isLetIn }: { isLetIn: boolean },
): MoveStage {
  const { account, addon, target } = subject;
  const name = rehearsalName(account.name);
  const stage = {
    id: 'rehearsal',
    title: 'Rehearse with a service account that nothing uses',
  } as const;
  if (account.association) {
    return { ...stage, state: 'left-out', notes: ['The move is past it.'] };
  }
  if (!isLetIn) {
    return {
      ...stage,
      state: 'left-out',
      notes: [
        `The trust policy does not let ${name} in, so that no other service account can try it first.${
          addon ? '' : ' The pod of the gate is the first proof.'
        }`,
      ],
    };
  }
  return {
    ...stage,
    state: 'to-do',
    ...told(
      [
        `The commands make service account ${name} with an association to the same ${
          target ? 'two roles' : 'role'
        }, run a pod under it, and take both away again. Nothing of the workload is touched.`,
        ...(target
          ? [
              'It proves the role of the first stage and the statements of the second. Where it does not end with 0, nothing else may go on.',
            ]
          : []),
        'It finds what no policy shows, such as a service control policy, on one node, outside of the NetworkPolicies of the workload.',
        `It leaves nothing behind, so that the plan cannot show it as done. Where the service account ${name} exists already, an earlier rehearsal may have been killed: look whose it is, and delete its association and itself.`,
        ...aboutOptions(subject),
      ],
      rehearse(subject),
    ),
    until: 'All of it ends with 0.',
  };
}

/** From here on new pods take the new road. */
export function associationStage(
  subject: Subject,
  { isLetIn }: { isLetIn: boolean },
): MoveStage {
  const { account, addon, obstacles, role, target } = subject;
  const goesOn = target ? ` that goes on to role ${nameOfArn(target)}` : '';
  const what = `${refOf(subject)} with role ${role.role.name}${goesOn}`;
  const stage = {
    id: 'association',
    title: addon
      ? `Update the add-on ${addon.name}, so that EKS associates ${what}`
      : `Associate ${what}`,
  } as const;
  if (account.association) {
    return { ...stage, state: 'done', notes: ['The association is there.'] };
  }
  if (addon) return { ...stage, ...byUpdate(subject, addon, isLetIn) };
  return {
    ...stage,
    state: 'to-do',
    ...told(
      [
        'This is the decision: from here on every pod that starts, by an autoscaler, a drain, a deployment or a CronJob, takes Pod Identity. Running pods keep IRSA.',
        'Do it while neither the cluster nor its nodes nor the agent are being updated.',
        'A pod that starts in the seconds in which the webhook knows the association and EKS Auth does not yet is refused at its first request.',
        'It takes the right iam:PassRole on the role, too.',
        ...(target
          ? [
              'Its programs obtain the old role as before, in sessions of one hour at most, whatever the role allows: one role assumes the other (role chaining). Pre-signed URLs live no longer either.',
              ...obstacles.notes,
            ]
          : []),
        ...aboutOptions(subject),
      ],
      associate(subject, account.name),
    ),
  };
}

/** What keeps pods from the new road that are not on it yet. */
const blockedNotes = ({ obstacles: { blocked } }: Subject) =>
  blocked.length > 0
    ? [
        ...blocked,
        'So nothing more is moved: take the way back, or end that first.',
      ]
    : [];

/** Every API server hands out the new road, and a pod proves it. */
export function gateStage(
  subject: Subject,
  { isLetIn }: { isLetIn: boolean },
): MoveStage {
  const stage = {
    id: 'gate',
    title: 'Prove that new pods obtain the role by Pod Identity',
  } as const;
  const ref = refOf(subject);
  if (subject.isMoved) {
    return {
      ...stage,
      state: 'done',
      ...told(
        [
          'All of its pods hold the variables of Pod Identity. Whether they obtain the role with them, this shows:',
        ],
        program(subject, 'verify', ref, [...WAIT, ...expectRole(subject)]),
      ),
    };
  }
  return {
    ...stage,
    state: 'to-do',
    ...told(
      [
        `The second command runs a pod under the service account itself. Where it does not end with 0, take the way back${
          subject.addon ? '.' : ': no pod of the workload was restarted.'
        }`,
      ],
      isLetIn
        ? inTurn([
            program(subject, 'gate', ref),
            program(subject, 'verify', ref, [
              RESTART_LATER,
              ...WAIT,
              ...expectRole(subject),
            ]),
          ])
        : undefined,
    ),
    until: 'Both commands end with 0.',
  };
}

/** One workload after the other: the next one alone, so that nothing is restarted before that one is proven. */
export function restartStage(
  subject: Subject,
  { isLetIn }: { isLetIn: boolean },
): MoveStage {
  const { account, addon, obstacles } = subject;
  const { pods } = account;
  const stage = {
    id: 'restart',
    title: 'Restart one workload after the other',
  } as const;
  if (subject.isMoved) {
    return {
      ...stage,
      state: 'done',
      notes: ['All of its pods hold the variables of Pod Identity.'],
    };
  }
  const left = (one: { pods: number; podIdentity: number }) =>
    one.pods - one.podIdentity;
  const rolling = rollingOf(subject).filter(one => left(one) > 0);
  const others = othersOf(subject).filter(
    one => one.pods === 0 || left(one) > 0,
  );
  // One without any road is not what a restart is for, as far as is known
  const [next, ...later] = rolling
    .filter(({ heldBack }) => !heldBack)
    .sort((a, b) => Number(b.irsa > 0) - Number(a.irsa > 0));
  const isLast =
    later.length === 0 &&
    rolling.length <= 1 &&
    others.every(one => one.pods === 0);
  const moved = [...pods.roads.values()].reduce(
    (sum, { podIdentity }) => sum + podIdentity,
    0,
  );
  const isHeld = subject.isBlocked || !isLetIn;
  return {
    ...stage,
    state: 'to-do',
    ...told(
      [
        ...(account.association && pods.count
          ? [`${moved} of ${pods.count} pods have Pod Identity.`]
          : []),
        ...(account.association && !pods.count
          ? [
              'No pod of it runs: the next one takes Pod Identity. Verify it then.',
            ]
          : []),
        ...(addon
          ? [
              'EKS replaces the pods of the add-on by itself. The commands are for pods that are older than the association then.',
            ]
          : []),
        ...(account.association ? blockedNotes(subject) : []),
        ...(account.association ? obstacles.unknown.map(asSentence) : []),
        ...(next && (later.length || !isLast)
          ? [
              `${next.what} comes first. Run the plan again for the one that follows.`,
            ]
          : []),
        ...rolling.flatMap(({ heldBack }) => heldBack ?? []),
        ...(others.length
          ? [
              `No restart by these commands reaches ${listed(
                others.slice(0, 5).map(({ what }) => what),
              )}: their next pods take Pod Identity.`,
            ]
          : []),
      ],
      next && !isHeld
        ? inTurn([
            next.restart,
            next.status,
            program(subject, 'verify', refOf(subject), [
              ...(isLast ? [] : [RESTART_LATER]),
              ...WAIT,
              ...expectRole(subject),
            ]),
          ])
        : undefined,
    ),
    until:
      'The verification ends with 0, none of the pods that it names is of this workload, and the program does what it did before.',
  };
}

/** The service account no longer asks for IRSA. */
export function annotationStage(
  subject: Subject,
  { isLetIn }: { isLetIn: boolean },
): MoveStage {
  const { account, isBlocked, isMoved, target, trust } = subject;
  const { namespace, name, annotated } = account;
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
  if (annotated.byEks) {
    return {
      ...stage,
      state: 'left-out',
      notes: [
        'EKS writes it for the add-on. It does no harm: the association comes first.',
      ],
    };
  }
  // What the owner in another account has done is not read
  const isEnded =
    target !== undefined ||
    trust.answer === 'no' ||
    trust.pattern !== undefined;
  const isLast = isMoved && !isBlocked && isLetIn && isEnded;
  return {
    ...stage,
    state: 'to-do',
    ...told(
      [
        'It does no harm where it stays, because the association comes first; and it is the way back.',
        ...(isLast && !target
          ? []
          : [
              'It comes last: once all pods have Pod Identity and the role no longer lets the service account in by IRSA.',
            ]),
        ...(target
          ? [
              'Once it is off, there is no plan any more: first have the word of the owner that the stage before is done.',
            ]
          : []),
        ...(annotated.source
          ? [undoneBy(annotated.source, { kind: 'serviceaccount', name })]
          : []),
        'A cluster that is made later from the same source may need it.',
      ],
      isLast ? removeIrsa(namespace, name) : undefined,
    ),
  };
}
