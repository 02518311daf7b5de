import {
  type AccessFinding,
  isRestartable,
  isRoleArn,
} from 'backstage-plugin-eks-pod-identity-common';
import { accountOfArn, nameOfArn } from '../aws/arn';
import {
  parsePolicyDocument,
  type PolicyStatement,
} from '../iam/policyDocument';
import { makerOfTags } from '../identity/makers';
import { makerOfRole } from '../identity/roleMaker';
import {
  deadPrincipals,
  withoutDeadPrincipals,
} from '../identity/trustPrincipals';
import {
  IRSA_AUDIENCE,
  webIdentityStatement,
} from '../identity/webIdentityStatement';
import {
  readWebIdentityTrust,
  type WebIdentityTrust,
} from '../identity/webIdentityTrust';
import { takesEffect } from '../kubernetes/replacing';
import { aws, type Command, kubectl } from '../text/bash';
import { minuteOf } from '../text/minuteOf';
import { valueOf } from '../verification/framework/fact';
import type { Fix } from '../verification/framework/fix';
import { inText, undoneBy } from '../verification/framework/render';
import { putTrustCommand } from '../verification/role/commands';
import { madeBy } from '../verification/role/owner';
import { notesOfPolicy } from '../verification/role/trustFixes';
import { IRSA_ANNOTATION } from '../verification/workloads/kubernetesWorkload';
import type { AccessFacts, RoleOfAccount, WorkloadOfAccount } from './facts';
import { type Account, askedFor, both, workloadsOf } from './roads';
import { associationTrust, questionOf } from './trust';

const DAY_MS = 86_400_000;
/** A role that IAM saw in no use for so long counts as unused; IAM looks back 400 days. */
const UNUSED_DAYS = 90;

/** What makes a service account broken, where there is something to do about it. */
export type Fault = Exclude<
  AccessFinding['kind'],
  'never-matches' | 'unused-role' | 'keys-beside'
>;

/** Whose finding it is. */
export interface Found {
  account: Account;
  facts: AccessFacts;
  trust: WebIdentityTrust | undefined;
  /** Epoch milliseconds. */
  now: number;
}

/** What keeps a change of the annotation from lasting. */
function deployed({ name, annotated }: Account): string[] {
  return annotated?.source
    ? [undoneBy(annotated.source, { kind: 'serviceaccount', name })]
    : [];
}

/** How the pods are made again, which keep what they were started with; of some workloads no restart does that. */
function restarts(account: Account): { commands: Command[]; advice: string[] } {
  const { namespace } = account;
  const workloads = [...workloadsOf(account).values()].filter(isRestartable);
  const held = (one: WorkloadOfAccount) => takesEffect(one, one.replacing);
  return {
    advice: workloads.flatMap(one => held(one) ?? []),
    commands: workloads
      .filter(one => !held(one))
      .map(
        ({ kind, name }) =>
          kubectl('rollout restart', { kind, name, namespace })``,
      ),
  };
}

/** Writes the annotation, or takes it off; refused where the service account has changed since it was read. */
function annotate(
  { namespace, name, annotated }: Account,
  roleArn: string | undefined,
): Command {
  const object = { kind: 'serviceaccount', name, namespace };
  const { resourceVersion } = annotated ?? {};
  return kubectl('annotate', object)`${[
    ...(annotated && roleArn ? ['--overwrite'] : []),
    ...(resourceVersion ? ['--resource-version', resourceVersion] : []),
    roleArn ? `${IRSA_ANNOTATION}=${roleArn}` : `${IRSA_ANNOTATION}-`,
  ]}`;
}

/** No role has the ARN of the annotation: one of its name has another path, or there is none. */
function ofRoleGone({ account, facts }: Found): Fix {
  const roleArn = account.annotated!.roleArn;
  const name = isRoleArn(roleArn) ? nameOfArn(roleArn) : roleArn;
  const roles = [...(valueOf(facts.roles)?.values() ?? [])];
  const held = [...account.irsa.roles].filter(arn =>
    valueOf(facts.roles)?.has(arn),
  );
  const meant =
    roles.find(({ role }) => role.name === name)?.role.arn ??
    (held.length === 1 ? held[0] : undefined);
  if (meant && held.includes(meant)) {
    return {
      cause:
        'Running pods hold another role, which they keep; pods that start now ask for one that does not exist.',
      actions: [
        'Write the role that they hold into the annotation, or make the one that it names.',
        ...deployed(account),
      ],
      commands: [annotate(account, meant)],
    };
  }
  if (held.length > 0) {
    return {
      cause:
        'Running pods hold other roles, which they keep; pods that start now ask for one that does not exist.',
      actions: [
        `Write the right role into the annotation ${IRSA_ANNOTATION}, and restart the pods then.`,
        ...deployed(account),
      ],
    };
  }
  if (meant) {
    return {
      cause: `The role of this name has the ARN ${meant}, and the webhook hands out the annotation as it stands.`,
      actions: [
        'Write its ARN into the annotation and restart the pods, which keep what they were started with.',
        ...restarts(account).advice,
        ...deployed(account),
      ],
      commands: [annotate(account, meant), ...restarts(account).commands],
    };
  }
  return {
    cause: 'The pods ask STS for a role that does not exist.',
    actions: [
      `Make the role again, or write the ARN of the right one into the annotation ${IRSA_ANNOTATION}.`,
      'If the service account needs no AWS any more, take the annotation off. Pods that start then get nothing from EKS, and go on to the role of their node where they reach it.',
      ...restarts(account).advice,
      ...deployed(account),
    ],
    commands: [annotate(account, undefined), ...restarts(account).commands],
  };
}

/** The role that running pods still hold goes back into the annotation. */
function ofAnnotationGone({ account, facts }: Found): Fix {
  const [roleArn = '', ...others] = account.irsa.roles;
  const cause =
    'Pods keep the role that they were started with; the webhook gives new ones what the annotation names.';
  const isKnown = others.length === 0 && isRoleArn(roleArn);
  const isGone =
    !isKnown ||
    (facts.roles.known &&
      accountOfArn(roleArn) === facts.cluster.accountId &&
      !facts.roles.value.has(roleArn));
  return {
    cause,
    actions: [
      isGone
        ? `Write the right role into the annotation ${IRSA_ANNOTATION} if the workload still needs AWS, and restart it.`
        : 'Write the annotation again if the workload still needs AWS. Without it the next restart ends its access.',
    ],
    commands: isGone ? undefined : [annotate(account, roleArn)],
  };
}

function ofProviderGone({ facts: { cluster } }: Found): Fix {
  return {
    cause:
      'STS takes the tokens of a cluster only where the account has an OIDC provider for its issuer.',
    actions: [
      `Run the command below as an administrator of account ${cluster.accountId}; what makes the cluster, such as Terraform or eksctl, may have a setting for it. It gives every service account of the cluster on IRSA its access back.`,
    ],
    commands: [
      aws`iam create-open-id-connect-provider --url ${`https://${cluster.issuer}`} --client-id-list ${IRSA_AUDIENCE} --region ${
        cluster.region
      }`,
    ],
  };
}

/** What becomes of a change of a role beside the source that it was made from. */
function undone({ role }: RoleOfAccount): string[] {
  const maker = makerOfTags(role.tags);
  if (maker) return madeBy(maker, 'role').undone;
  const { tool } = makerOfRole(role) ?? {};
  return tool
    ? [
        `The name of the role looks as if ${tool} had made it: then change it there too, or its next run undoes the command.`,
      ]
    : [];
}

/** The trust policy admits the service account by one more statement, as its owner may decide. */
function ofNotLetIn(found: Found): Fix {
  const { account, facts } = found;
  const of = valueOf(facts.roles)!.get(account.annotated!.roleArn)!;
  const { role } = of;
  const { cluster } = facts;
  const question = questionOf(account, facts, role.arn)!;
  const before = parsePolicyDocument(role.trustPolicy);
  const dead = before.Statement.flatMap(deadPrincipals);
  const kept = before.Statement.map(withoutDeadPrincipals).filter(
    (one): one is PolicyStatement => one !== undefined,
  );
  const document = {
    ...before,
    Statement: [...kept, webIdentityStatement(question)],
  };
  const isNever = found.trust!.isMeant;
  const cause = isNever
    ? 'StringEquals compares "*" as a star, which no name holds; a pattern takes StringLike.'
    : 'STS gives a role to a service account only where the trust policy of the role admits it.';
  const whose = `Whether it should have role ${role.name} is for the owner of the role to say.`;
  if (readWebIdentityTrust(document, question).answer !== 'yes') {
    return {
      cause,
      actions: [
        `${whose} A further statement would not let it in: ${found.trust!.reasons.join(
          '; ',
        )}.`,
      ],
    };
  }
  return {
    cause,
    actions: [
      `${whose} If it should, the command below adds a statement for this service account alone.`,
      `It stores the whole policy, with the other statements as they were at ${minuteOf(
        new Date(found.now).toISOString(),
      )}: look first that they are still the same.`,
      ...undone(of),
      ...notesOfPolicy(document, dead),
    ],
    commands: [putTrustCommand(role, document, cluster)],
  };
}

/** Whether the identity that is left without the keys is known to work. */
function works({ account, facts, trust }: Found): boolean {
  return account.association
    ? associationTrust(account, facts)?.verdict === 'allows'
    : trust?.answer === 'yes';
}

function ofKeys(found: Found): Fix {
  const { account } = found;
  const takeOut = [...workloadsOf(account).values()].flatMap(
    one => one.takeOut ?? [],
  );
  const keys = both(account, 'keys').join(', and ');
  const cause =
    'SDKs take access keys before the identity of the service account, so that the pods act as the owner of the keys.';
  if (!works(found)) {
    return {
      cause,
      actions: [
        `Its pods ${keys}. Nothing shows that the service account would get its role without the keys: put that right first, and take them out then.`,
      ],
    };
  }
  return {
    cause,
    actions: [
      `Its pods ${keys}. Look first that they are keys of AWS, and that the role of the service account allows what they do; take them out then.`,
      ...takeOut.flatMap(({ actions }) => actions),
    ],
    commands: takeOut.flatMap(({ commands = [] }) => commands),
  };
}

const FIXES: Record<Fault, (found: Found) => Fix> = {
  'provider-gone': ofProviderGone,
  'role-gone': ofRoleGone,
  'annotation-gone': ofAnnotationGone,
  'not-let-in': ofNotLetIn,
};

/** Of a role that IAM saw in no use for long. */
function unused({ account, facts, now }: Found): AccessFinding[] {
  const { annotated, association, pods } = account;
  const found = annotated && valueOf(facts.roles)?.get(annotated.roleArn)?.role;
  if (!found || association || annotated.byEks) return [];
  // IAM tells a use hours later than CloudTrail does.
  if (!facts.use.known || facts.use.value.unsearched) return [];
  const { obtainedAt, refusedAt } = askedFor(account, found.arn);
  if (obtainedAt || refusedAt || both(account, 'keys').length) return [];
  const { name, createdAt, lastUsed } = found;
  const since = lastUsed?.at ?? createdAt;
  if (since === undefined || now - since < UNUSED_DAYS * DAY_MS) return [];
  const when = new Date(since).toISOString().slice(0, 10);
  const isIdle =
    facts.pods.known &&
    facts.templates.known &&
    facts.templates.value.unseen.size === 0 &&
    pods.count === 0 &&
    account.template.workloads.size === 0;
  return [
    {
      kind: 'unused-role',
      fix: inText({
        cause: lastUsed
          ? `IAM saw role ${name} in use on ${when} for the last time.`
          : `IAM saw no use of role ${name}, which was made on ${when}, in the 400 days that it keeps.`,
        actions: isIdle
          ? [
              'Nothing runs under the service account. If nothing will, take the annotation off, and let the owner of the role remove it.',
              ...deployed(account),
            ]
          : [
              'Something runs under the service account, and was not seen to ask. Ask its team whether it needs AWS; if it does not, take the annotation off, and let the owner of the role remove it.',
            ],
        commands: isIdle ? [annotate(account, undefined)] : undefined,
      }),
    },
  ];
}

/** Keys that come before another identity. */
function keysBeside(found: Found): AccessFinding[] {
  const { annotated, association, irsa } = found.account;
  const hasIdentity = annotated || association || irsa.pods > 0;
  return hasIdentity && both(found.account, 'keys').length > 0
    ? [{ kind: 'keys-beside', fix: inText(ofKeys(found)) }]
    : [];
}

function ofFault(found: Found, fault: Fault): AccessFinding {
  const isNever = fault === 'not-let-in' && found.trust?.isMeant;
  return {
    kind: isNever ? 'never-matches' : fault,
    fix: inText(FIXES[fault](found)),
  };
}

/** What is wrong today with how a service account gets to AWS. */
export const findingsOf = (
  found: Found,
  fault: Fault | undefined,
): AccessFinding[] => [
  ...(fault ? [ofFault(found, fault)] : unused(found)),
  ...keysBeside(found),
];
