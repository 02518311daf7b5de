import type { MoveBack } from 'backstage-plugin-eks-pod-identity-common';
import { nameOfArn } from '../aws/arn';
import { makerOfTags } from '../identity/makers';
import type { RoadsOfWorkload } from '../inventory/facts';
import { askedFor, isRefused } from '../inventory/roads';
import { providerOf } from '../inventory/trust';
import { aws, bash, type Command } from '../text/bash';
import { listed } from '../text/listed';
import { minuteOf } from '../text/minuteOf';
import { madeBy } from '../verification/role/owner';
import { updateAddon } from './addon';
import { associateAgain } from './stages';
import { ABOUT_PROOF, leftBehind, proveIrsa } from './otherAccount';
import {
  inTurn,
  oldRoleOf,
  othersOf,
  program,
  refOf,
  type Rolling,
  rollingOf,
  type Subject,
  told,
} from './subject';

/** Whether pods of it may hold Pod Identity: before there is an association, any of them may start by it. */
const mayHold =
  ({ account }: Subject) =>
  ({ podIdentity }: RoadsOfWorkload) =>
    !account.association || podIdentity > 0;

/** Why its role would not let it in by IRSA; sentences. */
function obstaclesOfRole(subject: Subject): string[] {
  const { account, cluster, facts, role, trust } = subject;
  const { association } = account;
  const { providers } = facts;
  const provider = providerOf(cluster);
  return [
    ...(trust.answer === 'no'
      ? [
          `The trust policy of role ${role.role.name} does not let it in by IRSA.`,
        ]
      : []),
    ...(association?.targetRoleArn
      ? [
          `Its association goes on to role ${association.targetRoleArn}, which IRSA does not: its pods would have other rights.`,
        ]
      : []),
    ...(trust.answer === 'unknown'
      ? [
          `Whether the trust policy of role ${role.role.name} lets it in by IRSA cannot be judged.`,
        ]
      : []),
    ...(providers.known && provider && !providers.value.has(provider)
      ? ['The account does not trust the OIDC provider of the cluster.']
      : []),
    ...(providers.known
      ? []
      : [
          `Whether the account trusts the OIDC provider of the cluster was not read: ${providers.lack.sentence}`,
        ]),
  ];
}

/** What a way back would lack; sentences. */
function obstaclesOf(subject: Subject, isTaken: boolean): string[] {
  const { account, addon, target } = subject;
  const asked = askedFor(account, oldRoleOf(subject));
  const others = othersOf(subject).filter(mayHold(subject));
  return [
    ...(account.annotated?.roleArn === oldRoleOf(subject)
      ? []
      : ['The service account has no annotation of IRSA for this role.']),
    ...(addon && addon.roleArn !== oldRoleOf(subject)
      ? [
          `The add-on ${addon.name} has no such role for IRSA any more, so that EKS may take the annotation off.`,
        ]
      : []),
    // Of a role of another account nothing is read: the first command proves it
    ...(target ? [] : obstaclesOfRole(subject)),
    ...(isRefused(asked)
      ? [`AWS refused it the role by IRSA at ${minuteOf(asked.refusedAt!)}.`]
      : []),
    ...rollingOf(subject)
      .filter(one => !isTaken || mayHold(subject)(one))
      .flatMap(({ heldBack }) => heldBack ?? []),
    ...(others.length
      ? [
          `No restart reaches ${listed(
            others.slice(0, 5).map(({ what }) => what),
          )}: a pod of it that has Pod Identity loses its access when the association goes.`,
        ]
      : []),
  ];
}

function deletion(subject: Subject): Command {
  const { account, addon, cluster } = subject;
  if (addon) return updateAddon(subject, addon, 'disassociate');
  const found = aws`eks list-pod-identity-associations --cluster-name ${
    cluster.name
  } --region ${cluster.region} --namespace ${
    account.namespace
  } --service-account ${
    account.name
  } --query ${'associations[0].associationId'} --output text`;
  return aws`eks delete-pod-identity-association --cluster-name ${cluster.name} --region ${cluster.region} --association-id "$(${found})"`;
}

/** Who makes the association again that a command deletes. */
function undone({ account }: Subject): string[] {
  const maker = makerOfTags(account.association?.tags);
  return maker
    ? [
        `${
          madeBy(maker, 'association').name
        } made the association: take it out of its source, or it comes back.`,
      ]
    : [];
}

const lines = (commands: readonly Command[]): Command =>
  commands.reduce((all, one) => bash`${all}\n${one}`);

/** Every restart, whatever becomes of another: none of these pods has its road any more. */
const restartAll = (rolling: readonly Rolling[]): Command =>
  bash`{
${lines(rolling.map(({ restart }) => restart))}
${inTurn(rolling.map(({ status }) => status))}
}`;

/** The old road, before anything is restarted or deleted; of a role of this account its trust policy says it. */
const proofOf = (subject: Subject): Command[] =>
  subject.target ? [proveIrsa(subject, subject.target)] : [];

/** How long the agent holds new credentials: those of a target role are of one hour. */
const heldFor = ({ target }: Subject) =>
  target ? '59 minutes at most' : 'about three hours';

/** When AWS refuses a pod whose association has gone. */
const refusedAfter = ({ target }: Subject) =>
  target ? 'within 59 minutes' : 'hours later';

/**
 * Back to IRSA from every stage before the old statement goes.
 *
 * @param isTaken - it is taken now, so that what has not moved needs no restart; else the move may go on first
 */
export function wayBack(subject: Subject, isTaken = false): MoveBack {
  const obstacles = obstaclesOf(subject, isTaken);
  if (obstacles.length > 0) {
    return {
      possible: false,
      notes: [
        'There is no way back on which no request is refused.',
        ...obstacles,
      ],
    };
  }
  const { addon, target } = subject;
  // EKS replaces all pods of an add-on while the old road comes back
  const moved = addon
    ? rollingOf(subject)
    : rollingOf(subject).filter(mayHold(subject));
  const gate = program(subject, 'gate', refOf(subject), ['--road', 'irsa']);
  const before = moved.length
    ? told(
        [],
        inTurn([
          ...proofOf(subject),
          ...moved.map(({ restart }) => restart),
          ...moved.map(({ status }) => status),
        ]),
      ).commands
    : undefined;
  const again = told([], associateAgain(subject)).commands;
  return {
    possible: true,
    ...told(
      [
        ...(target
          ? [
              `The first command proves that role ${nameOfArn(
                target,
              )} still lets it in by IRSA, with a token of the service account. Where it fails, nothing is restarted or deleted: the owner of the role writes the statement for IRSA again first.`,
              ABOUT_PROOF,
            ]
          : []),
        addon
          ? 'The update deletes the association, and EKS replaces the pods of the add-on by itself. One that starts before the gate has ended with 0 may be refused: so the last commands restart all of them once more.'
          : `Delete the association, wait until every API server hands out IRSA again, and restart at once what has Pod Identity. A pod that starts before the gate has ended with 0 is refused ${refusedAfter(
              subject,
            )}.`,
        ...(moved.length
          ? [
              `While its pods work by Pod Identity, run the first commands before: for each pod that has asked since, the agent then holds new credentials for ${heldFor(
                subject,
              )}. Where they do not work, leave them out.`,
              ...(target
                ? [
                    'All restarts of a part have to take less than half of that: where they take longer, there is no way back on which no request is refused.',
                  ]
                : []),
              'A pod that has not asked since it started, or that an autoscaler starts meanwhile, may be refused until it is restarted.',
              'Each restart has to end well: what is not restarted keeps a road that is gone.',
            ]
          : ['No pod has Pod Identity yet, so nothing is restarted.']),
        `Where the gate does not end with 0, make the association again${
          addon ? '.' : ', before anything restarts.'
        }`,
        'Images that came since the move were not seen on IRSA.',
        ...undone(subject),
        ...(target ? leftBehind(subject, target) : []),
      ],
      inTurn([
        ...proofOf(subject),
        deletion(subject),
        gate,
        ...(moved.length ? [restartAll(moved)] : []),
      ]),
    ),
    ...(before ? { before } : {}),
    ...(again ? { again } : {}),
  };
}

/** As a plan shows it: what it is now, and why there is none once the move has gone on. */
export function wayBackNow(subject: Subject): MoveBack {
  const now = wayBack(subject, true);
  const then = wayBack(subject);
  if (!now.possible || then.possible) return now;
  const notes = [
    'Once the rest has moved as well, there is none on which no request is refused.',
    ...then.notes.slice(1),
  ];
  return { ...now, notes: [...now.notes, ...notes], onceMoved: notes };
}

/**
 * The rest of a way back on which the association has gone, and pods still hold what it gave them.
 *
 * @param isGiven - more than the variables of pods says that the role of the plan was theirs: the association may be made again
 */
export function restOfWayBack(
  subject: Subject,
  { isGiven }: { isGiven: boolean },
): MoveBack {
  const { account, addon, target } = subject;
  // An add-on does not take over an association that others made
  const isKept = account.annotated?.byEks === true && !addon;
  const rolling = rollingOf(subject).filter(
    ({ podIdentity }) => podIdentity > 0,
  );
  const gate = program(subject, 'gate', refOf(subject), ['--road', 'irsa']);
  const again =
    isGiven && !isKept ? told([], associateAgain(subject)).commands : undefined;
  return {
    possible: true,
    ...told(
      [
        `Its association is gone, and pods hold the variables of Pod Identity: they are refused ${
          target ? 'within 59 minutes' : 'within hours'
        }. Restart them once every API server hands out IRSA${
          again ? ', or make the association again' : ''
        }.`,
        `Which role that association had is not known${
          again ? ': the commands make it with the role of the plan' : ''
        }.`,
        ...(target
          ? [
              'The first command proves that its role still lets it in by IRSA. Where it fails, nothing is restarted.',
              ABOUT_PROOF,
            ]
          : []),
        ...othersOf(subject)
          .filter(({ podIdentity }) => podIdentity > 0)
          .map(({ what }) => `No restart by these commands reaches ${what}.`),
      ],
      inTurn([
        ...proofOf(subject),
        gate,
        ...(rolling.length ? [restartAll(rolling)] : []),
      ]),
    ),
    ...(again ? { again } : {}),
  };
}
