import { associate, BOB, teardown, verify } from '../testBackend';
import {
  BOBS,
  type InsiderClass,
  type InsiderWorld,
  NothingGained,
} from './InsiderWorld';

/** A request with more in it than a request has. */
async function said(world: InsiderWorld, more: object) {
  const body = {
    ...verify('bobs', { entityRef: BOBS, probe: 'none' }),
    ...more,
  };
  const { id } = await world.run(BOB, body as ReturnType<typeof verify>);
  return (await world.ask(`/operations/${id}`)) as {
    initiator: string;
    result: { report: { trigger: string } };
  };
}

/** What is not so, in the record of an operation. */
export const falseRecords: InsiderClass = {
  attempts: [
    {
      what: 'have a template verify what one verifies oneself',
      attempt: async world => {
        const { result } = await said(world, { trigger: 'action' });
        if (result.report.trigger === 'action') return;
        throw new NothingGained('the report says that a user asked');
      },
      refused: /a user asked/,
    },
    {
      what: 'have the schedule verify it',
      attempt: async world => {
        const { result } = await said(world, { trigger: 'schedule' });
        if (result.report.trigger === 'schedule') return;
        throw new NothingGained('the report says that a user asked');
      },
      refused: /a user asked/,
    },
    {
      what: 'have another user ask for it',
      attempt: async world => {
        const actor = { type: 'user', name: 'user:default/ada' };
        const { initiator } = await said(world, {
          actor,
          initiator: actor.name,
          initiatorType: 'service',
        });
        if (initiator !== BOB) return;
        throw new NothingGained('the record names who asked');
      },
      refused: /names who asked/,
    },
  ],
};

const SECRET = 'namespace-of-another-team';

/** A role of Bob's whose trust policy got a statement of another team. */
const locked = async (world: InsiderWorld) => {
  const made = await world.run(BOB, associate('bobs', { entityRef: BOBS }));
  const arn = made.result?.kind === 'associate' ? made.result.roleArn : '';
  const role = world.iam.role(arn!);
  const trust = JSON.parse(role.trust);
  world.iam.updateRole(role.arn, {
    trust: {
      ...trust,
      Statement: [
        ...trust.Statement,
        {
          Sid: 'NotFromHere',
          Effect: 'Deny',
          Principal: '*',
          Action: 'sts:AssumeRole',
          Condition: {
            StringNotEquals: { 'aws:RequestTag/kubernetes-namespace': SECRET },
          },
        },
      ],
    },
  });
};

/** Fails unless the text tells what it must not. */
function gained(text: string) {
  if (!text.includes(SECRET)) {
    throw new NothingGained('no word of what the statement says');
  }
}

/** What a statement of others in the trust policy of one's own role says of them. */
export const foreignStatements: InsiderClass = {
  attempts: [
    {
      what: 'preview a change',
      given: locked,
      attempt: async world =>
        gained(
          JSON.stringify(
            await world.plan(associate('bobs', { entityRef: BOBS })),
          ),
        ),
      refused: /no word/,
    },
    {
      what: 'try a change',
      given: locked,
      attempt: world => world.run(BOB, associate('bobs', { entityRef: BOBS })),
      refused: /Statement "NotFromHere" \(Deny\) forbids sts:AssumeRole/,
    },
    {
      what: 'preview the removal',
      given: locked,
      attempt: async world =>
        gained(
          JSON.stringify(
            await world.plan(teardown('bobs', { entityRef: BOBS })),
          ),
        ),
      refused: /no word/,
    },
  ],
};
