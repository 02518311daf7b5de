import { associate, BOB, teardown, verify } from '../testBackend';
import { type Attempt, BOBS, VICTIM, type InsiderWorld } from './InsiderWorld';

const SQS = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';
const OTHERS = /was made for another component/;

const roleOf = ({ victim }: InsiderWorld) => victim.roleArn;

/** Bob names his own component and acts on Ada's identity. */
export const foreignIdentities: Attempt[] = [
  {
    what: 'add a policy to the role',
    attempt: world =>
      world.run(
        BOB,
        associate('api', { entityRef: BOBS, managedPolicyArns: [SQS] }),
      ),
    refused: OTHERS,
  },
  {
    what: 'give it another role',
    attempt: world =>
      world.run(
        BOB,
        associate('api', {
          entityRef: BOBS,
          roleName: 'bobs',
          replaceRole: true,
        }),
      ),
    refused: OTHERS,
  },
  {
    what: 'preview a change, to read its policies',
    attempt: world =>
      world.plan(associate('api', { entityRef: BOBS, inlinePolicies: {} })),
    refused: OTHERS,
  },
  {
    what: 'preview its removal',
    attempt: world => world.plan(teardown('api', { entityRef: BOBS })),
    refused: OTHERS,
  },
  {
    what: 'remove it',
    attempt: world => world.run(BOB, teardown('api', { entityRef: BOBS })),
    refused: OTHERS,
  },
  {
    what: 'verify it',
    attempt: world =>
      world.run(BOB, verify('api', { entityRef: BOBS, probe: 'none' })),
    refused: OTHERS,
  },
  {
    what: 'name Ada’s component instead',
    attempt: world => world.run(BOB, teardown()),
    refused: /belongs to user:default\/ada, and you are none of them/,
  },
  {
    what: 'name no component',
    attempt: world => world.run(BOB, teardown('api', { entityRef: undefined })),
    refused: /entityRef is missing/,
  },
  {
    what: 'use its role for a service account of one’s own',
    attempt: world =>
      world.run(
        BOB,
        associate('bobs', { entityRef: BOBS, roleArn: roleOf(world) }),
      ),
    refused: /You are not allowed to use the role/,
  },
  {
    what: 'claim it by an annotation of one’s own component, then remove it',
    given: world => {
      world.entities.get('shop')!.metadata.annotations = {
        'aws.amazon.com/eks-pod-identity': `prod/payments/${VICTIM.serviceAccount}`,
      };
    },
    attempt: world => world.run(BOB, teardown('api', { entityRef: BOBS })),
    refused: OTHERS,
  },
];

const EARLIER = /was made for an earlier component of the name/;

const freed: Pick<Attempt, 'given'> = {
  given: world => world.register('payments-api', BOB, 'second'),
};

/** The name of Ada's component left the catalog, and Bob registers one of that name. */
export const freedNames: Attempt[] = [
  {
    ...freed,
    what: 'change the identity that was made for the name',
    attempt: world =>
      world.run(BOB, associate('api', { managedPolicyArns: [SQS] })),
    refused: EARLIER,
  },
  {
    ...freed,
    what: 'remove it',
    attempt: world => world.run(BOB, teardown()),
    refused: EARLIER,
  },
  {
    ...freed,
    what: 'verify it',
    attempt: world => world.run(BOB, verify('api', { probe: 'none' })),
    refused: EARLIER,
  },
  {
    ...freed,
    what: 'share its role with a service account of one’s own',
    attempt: world =>
      world.run(BOB, associate('bobs', { roleArn: roleOf(world) })),
    refused: /You are not allowed to use the role/,
  },
  {
    what: 'adopt a role that its owner opened by the name alone',
    given: world => {
      world.register('payments-api', BOB, 'second');
      world.iam.putRole({
        name: 'by-name',
        tags: { 'backstage.io/entity-ref': 'component:default/payments-api' },
      });
    },
    attempt: world =>
      world.run(BOB, associate('bobs', { roleArn: world.arnOf('by-name') })),
    refused: /You are not allowed to use the role/,
  },
  {
    what: 'act on an identity whose component is gone',
    given: world => world.unregister('payments-api'),
    attempt: world => world.run(BOB, teardown('api', { entityRef: BOBS })),
    refused: OTHERS,
  },
];
