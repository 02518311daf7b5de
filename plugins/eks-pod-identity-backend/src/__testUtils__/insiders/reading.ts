import { ADA, associate, BOB, teardown, verify } from '../testBackend';
import {
  type Attempt,
  BOBS,
  type InsiderClass,
  type InsiderWorld,
  NothingGained,
  VICTIM,
} from './InsiderWorld';

const READ = 'eks-pod-identity.association.read';
const UNREAD = /not allowed to see/;

/** Ada's last operation on her identity. */
async function operationOf(world: InsiderWorld, body = associate()) {
  const { id } = await world.run(ADA, body);
  world.begin();
  return id;
}

/** Bob may do everything but read. */
const unread: Pick<InsiderClass, 'deny'> = {
  deny: (user, permission) => user === BOB && permission === READ,
};

/** An association of the service account that this portal did not make. */
const foreign: Attempt['given'] = world => {
  const { arn } = world.iam.putRole({ name: 'terraform-made' });
  world.portal.sandbox.aws.eks.putAssociation('payments-prod', {
    namespace: 'payments',
    serviceAccount: 'legacy',
    roleArn: arn,
  });
};

/** A plan for what Bob is not allowed to read. */
export const plans: InsiderClass = {
  ...unread,
  attempts: [
    {
      what: 'preview a change of an association that another tool made',
      given: foreign,
      attempt: world => world.plan(associate('legacy', { entityRef: BOBS })),
      refused: UNREAD,
    },
    {
      what: 'preview its removal',
      given: foreign,
      attempt: world => world.plan(teardown('legacy', { entityRef: BOBS })),
      refused: UNREAD,
    },
    {
      what: 'read it from the conflict of a dry run',
      given: foreign,
      attempt: world =>
        world.run(
          BOB,
          associate('legacy', { entityRef: BOBS, planOnly: true }),
        ),
      refused: UNREAD,
    },
    {
      what: 'read it from a report of one’s own',
      given: foreign,
      attempt: world =>
        world.run(BOB, verify('legacy', { entityRef: BOBS, probe: 'none' })),
      refused: UNREAD,
    },
  ],
};

/** Operations and tasks of others. */
export const others: InsiderClass = {
  ...unread,
  attempts: [
    {
      what: 'read an operation of Ada’s',
      attempt: async world =>
        world.ask(`/operations/${await operationOf(world)}`),
      refused: UNREAD,
    },
    {
      what: 'follow it',
      attempt: async world =>
        world.ask(`/operations/${await operationOf(world)}/events?poll=true`),
      refused: UNREAD,
    },
    {
      what: 'read the history of her service account',
      attempt: world =>
        world.ask(
          `/service-accounts/prod/payments/${VICTIM.serviceAccount}/reports`,
        ),
      refused: UNREAD,
    },
    {
      what: 'cancel it',
      attempt: async world =>
        world.ask(`/operations/${await operationOf(world)}`, {
          method: 'DELETE',
        }),
      refused: UNREAD,
    },
  ],
};

/** Tasks that Bob names. */
export const tasks: InsiderClass = {
  attempts: [
    {
      what: 'start an operation under the task of another',
      attempt: world =>
        world.run(BOB, {
          ...associate('bobs', { entityRef: BOBS }),
          taskId: 'task-of-ada',
        }),
      refused: /taskId is not allowed/,
    },
    {
      what: 'preview a removal under it',
      attempt: world =>
        world.plan({
          ...teardown('bobs', { entityRef: BOBS }),
          taskId: 'task-of-ada',
        }),
      refused: /taskId is not allowed/,
    },
    {
      what: 'roll back an empty task, which would match everything',
      attempt: world =>
        world.run(
          BOB,
          teardown('bobs', { entityRef: BOBS, createdByTask: '' }),
        ),
      refused: /createdByTask is empty/,
    },
    {
      what: 'roll back the task of another',
      attempt: world =>
        world.run(
          BOB,
          teardown('api', { entityRef: BOBS, createdByTask: 'task-of-ada' }),
        ),
      refused: /was made for another component/,
    },
    {
      what: 'cancel an operation of another that one may read',
      attempt: async world =>
        world.ask(`/operations/${await operationOf(world)}`, {
          method: 'DELETE',
        }),
      refused: /only the user or the service that started it can cancel it/,
    },
  ],
};

/** Pages and pickers without the right to use them. */
export const pages: InsiderClass = {
  deny: (user, permission) =>
    user === BOB && permission === 'eks-pod-identity.use',
  attempts: [
    ['the card of a component', '/entities/component/default/payments-api'],
    ['the fleet', '/associations'],
    ['the clusters', '/clusters'],
    ['the namespaces of a cluster', '/clusters/prod/namespaces'],
    ['the policies', '/policies'],
  ].map(([what, path]) => ({
    what,
    attempt: (world: InsiderWorld) => world.ask(path),
    refused: /lack the permission eks-pod-identity\.use/,
  })),
};

const CLAIM = `prod/payments/${VICTIM.serviceAccount}`;

const claimed: Pick<Attempt, 'given'> = {
  given: world => {
    world.entities.get('shop')!.metadata.annotations = {
      'aws.amazon.com/eks-pod-identity': CLAIM,
    };
  },
};

/** Bob's component claims Ada's identity by its annotation. */
export const claims: InsiderClass = {
  attempts: [
    {
      ...claimed,
      what: 'change it',
      attempt: world =>
        world.run(
          BOB,
          associate('api', {
            entityRef: BOBS,
            managedPolicyArns: [
              'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess',
            ],
          }),
        ),
      refused: /was made for another component/,
    },
    {
      ...claimed,
      what: 'verify it',
      attempt: world =>
        world.run(BOB, verify('api', { entityRef: BOBS, probe: 'none' })),
      refused: /was made for another component/,
    },
    {
      ...claimed,
      what: 'use its role',
      attempt: world =>
        world.run(
          BOB,
          associate('bobs', {
            entityRef: BOBS,
            roleArn: world.victim.roleArn,
          }),
        ),
      refused: /You are not allowed to use the role/,
    },
    {
      ...claimed,
      what: 'be shown as its component in the fleet',
      attempt: async world => {
        const { items } = await world.ask('/associations');
        if (items.some((row: any) => row.entityRef === BOBS)) return;
        throw new NothingGained('the fleet shows the component of the tag');
      },
      refused: /component of the tag/,
    },
    {
      ...claimed,
      what: 'have a search for one’s component find it',
      attempt: async world => {
        const { items } = await world.ask('/associations?q=shop');
        if (items.length > 0) return;
        throw new NothingGained('the search finds nothing');
      },
      refused: /finds nothing/,
    },
    {
      ...claimed,
      what: 'have one’s own card say that it belongs there',
      given: async world => {
        claimed.given?.(world);
        world.entities.get('shop')!.metadata.annotations![
          'backstage.io/kubernetes-namespace'
        ] = 'payments';
      },
      attempt: async world => {
        const card = await world.ask('/entities/component/default/shop');
        if (card.identities[0].sources.includes('aws-tag')) return;
        throw new NothingGained('the card shows a claim');
      },
      refused: /shows a claim/,
    },
  ],
};

/** The same where the policy lets Bob read nothing. */
export const unreadClaims: InsiderClass = {
  ...unread,
  attempts: [
    {
      ...claimed,
      what: 'read it on one’s own card',
      attempt: world => world.ask('/entities/component/default/shop'),
      refused: UNREAD,
    },
  ],
};
