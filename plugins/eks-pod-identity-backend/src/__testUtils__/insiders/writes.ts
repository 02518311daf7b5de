import { associate, BOB } from '../testBackend';
import { type Attempt, BOBS, type InsiderClass } from './InsiderWorld';

const ACCOUNT = 'arn:aws:iam::111122223333';

const bobs =
  (extra: Record<string, unknown>): Attempt['attempt'] =>
  world =>
    world.run(BOB, associate('bobs', { entityRef: BOBS, ...extra }));

/** What a write would reach: target roles, namespaces, the cluster. */
export const reach: InsiderClass = {
  section: {
    guardrails: {
      targetRoles: { allow: [`${ACCOUNT}:role/shared/*`] },
    },
  },
  attempts: [
    {
      what: 'a target role that no guardrail names',
      attempt: bobs({ targetRoleArn: `${ACCOUNT}:role/theirs` }),
      refused: /guardrails\.targetRoles\.allow/,
    },
    {
      what: 'a pattern in place of a target role',
      attempt: bobs({ targetRoleArn: `${ACCOUNT}:role/shared/a*b` }),
      refused: /targetRoleArn/,
    },
    {
      what: 'a target role of another partition',
      attempt: bobs({
        targetRoleArn: 'arn:aws-cn:iam::111122223333:role/shared/a',
      }),
      refused: /partition/,
    },
    {
      what: 'a namespace of Kubernetes itself',
      attempt: bobs({ namespace: 'kube-system' }),
      refused: /namespaces\.deny/,
    },
    {
      what: 'a namespace that is not there',
      attempt: bobs({ namespace: 'mine', createNamespace: true }),
      refused: /createNamespace is not/,
    },
    {
      what: 'a role that trusts the whole account, for a chain of one’s own',
      attempt: bobs({ disableSessionTags: true, trustScope: 'cluster' }),
      refused: /trustScope/,
    },
  ],
};
