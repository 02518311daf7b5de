import type { SetupAnswer } from 'backstage-plugin-eks-pod-identity-common';
import { packages } from '../async/packages';
import { classifyAwsError } from '../aws/classify';
import {
  actionsOf,
  needsBoundary,
  needsOwnersTag,
  needsTag,
} from '../aws/findRight';
import {
  changingPolicy,
  installingPolicy,
  LIMITS,
  movingPolicy,
  optionalPolicy,
  type RightsPlace,
  type RightsStatement,
} from '../aws/portalRights';
import type { ClusterSession } from '../clusters/types';
import { answering, artefactsOf, policyWith, wordsOf } from './answers';

/** Stands for anything where a right ends in `*`. */
const ANYTHING = 'eks-pod-identity-doctor';

const SIMULATE = 'iam:SimulatePrincipalPolicy';

type Context = Record<string, string | string[]>;

/** What one simulation asks: some actions on one resource. */
interface Question {
  resource: string;
  actions: Set<string>;
  context: Context;
}

/** One question a resource: a simulation combines each of its actions with each of its resources. */
function questionsOf(statements: readonly RightsStatement[]): Question[] {
  const questions = new Map<string, Question>();
  for (const statement of statements) {
    const resource = [statement.Resource].flat()[0].replace('*', ANYTHING);
    const question = questions.get(resource) ?? {
      resource,
      actions: new Set(),
      context: {},
    };
    for (const action of actionsOf(statement)) question.actions.add(action);
    Object.assign(
      question.context,
      statement.Condition?.StringEquals,
      statement.Condition?.ArnLike,
    );
    questions.set(resource, question);
  }
  return [...questions.values()];
}

/** A limit of the documented rights: the key of its condition, whom it holds for, and what lies beyond it. */
const LIMITED = [
  {
    key: LIMITS.boundary,
    isOn: needsBoundary,
    beyond: 'on roles without the boundary',
  },
  {
    key: LIMITS.madeBy,
    isOn: needsTag,
    beyond: 'on what it did not make',
  },
  {
    key: LIMITS.letEdit,
    isOn: needsOwnersTag,
    beyond: 'on roles that their owner did not tag for it',
  },
];

/** The same questions about what lies beyond a limit. */
const beyond = (
  statements: readonly RightsStatement[],
  { key, isOn }: (typeof LIMITED)[number],
): Question[] =>
  questionsOf(statements.filter(isOn)).map(question => {
    const { [key]: _, ...context } = question.context;
    return { ...question, context };
  });

/** Which of the actions the policies of the principal allow, as IAM decides; nothing is called. */
async function allowed(
  { aws }: Pick<ClusterSession, 'aws'>,
  principal: string,
  { resource, actions, context }: Question,
): Promise<Set<string>> {
  const answer = await aws.iam.send(
    new packages.iam.SimulatePrincipalPolicyCommand({
      PolicySourceArn: principal,
      ActionNames: [...actions],
      ResourceArns: [resource],
      ContextEntries: Object.entries(context).map(([key, value]) => ({
        ContextKeyName: key,
        ContextKeyType: 'string',
        // Any of several would do
        ContextKeyValues: [[value].flat()[0]],
      })),
    }),
  );
  return new Set(
    answer.EvaluationResults?.filter(
      ({ EvalDecision }) => EvalDecision === 'allowed',
    ).map(({ EvalActionName }) => EvalActionName!),
  );
}

export interface ChangingRequest {
  /** Who asks IAM: the role that reads. */
  reader: ClusterSession;
  /** ARN of the role or user that changes. */
  principal: string;
  /** Whether it is a role of its own, of which the documented limits are expected. */
  isRole: boolean;
  installAgent: boolean;
  /** `guardrails.roles.editTrust` names roles. */
  editTrust: boolean;
}

/** Whether the role that changes may do all that changing needs, and none of it beyond the limits. */
export async function changes(
  { reader, principal, isRole, installAgent, editTrust }: ChangingRequest,
  place: RightsPlace,
): Promise<SetupAnswer> {
  const { pass, fail, unknown } = answering('write', 'changing');
  const statements = [
    ...changingPolicy(place).Statement,
    ...(installAgent ? installingPolicy(place).Statement : []),
    ...(editTrust ? movingPolicy(place).Statement : []),
  ];
  const questions = questionsOf(statements);
  try {
    const ask = (all: Question[]) =>
      Promise.all(all.map(one => allowed(reader, principal, one)));
    const [needed, ...open] = await Promise.all([
      ask(questions),
      ...(isRole ? LIMITED.map(limit => ask(beyond(statements, limit))) : []),
    ]);
    const denied = questions.flatMap(({ actions }, index) =>
      [...actions].filter(action => !needed[index].has(action)),
    );
    if (denied.length > 0) {
      return fail(
        `AWS would deny ${denied.sort().join(', ')}.`,
        {
          cause: `IAM simulated these calls for ${principal}: its policies lack the statements, or parts of them, or their conditions and resources name another boundary, path or cluster.`,
          actions: [
            'Attach the statements below to the role unchanged, including their conditions.',
          ],
          snippet: policyWith(statements, denied),
        },
        artefactsOf(reader.cluster).changing,
      );
    }
    const tooWide = open.map(answers =>
      answers.flatMap(actions => [...actions]).sort(),
    );
    const isOpen = LIMITED.filter((_, index) => tooWide[index]?.length > 0);
    if (isOpen.length > 0) {
      return fail(
        `The role may do more than it should: ${isOpen
          .map(
            limit =>
              `${tooWide[LIMITED.indexOf(limit)].join(', ')} ${limit.beyond}`,
          )
          .join('; ')}.`,
        {
          cause: `A policy of ${principal} has no condition ${isOpen
            .map(({ key }) => key)
            .join(
              ' and none ',
            )}, so anyone who holds its credentials can make, or take over, a role with any right.`,
          actions: [
            'Remove that policy, and attach the statements below to the role unchanged.',
          ],
          snippet: policyWith(statements, tooWide.flat()),
        },
        artefactsOf(reader.cluster).changing,
      );
    }
    const count = questions.reduce((sum, { actions }) => sum + actions.size, 0);
    return pass(
      `AWS would allow all ${count} changes, as IAM simulates them${
        isRole
          ? ', and none of them without the boundary or on what others made'
          : ''
      }.`,
    );
  } catch (error) {
    const { kind } = classifyAwsError(error);
    return kind === 'denied'
      ? unknown(
          `Not tried: AWS does not let the role that reads simulate changes (${SIMULATE}).`,
          {
            fix: {
              cause:
                'Changes cannot be tried without making them. IAM can simulate them, with a right that is optional.',
              actions: [
                'Give the role that reads the statement below, or find out with the first change.',
              ],
              snippet: policyWith(optionalPolicy(place).Statement, [SIMULATE]),
            },
            artefact: artefactsOf(reader.cluster).simulating,
          },
        )
      : unknown(`Not tried: ${wordsOf(error)}`);
  }
}
