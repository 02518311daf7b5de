import { letPortalPass, POD_IDENTITY_TRUST } from 'eks-sandbox';
import { associate, BOB, restart, teardown, verify } from '../testBackend';
import {
  type Attempt,
  BOBS,
  type InsiderClass,
  type InsiderWorld,
} from './InsiderWorld';

const ROOT = 'user:default/root';
const ACCOUNT = 'nobodys';
const NONE =
  /was made for no component: only an administrator can change or remove it/;

const given = async (world: InsiderWorld) => {
  const { arn } = world.iam.putRole({
    name: 'anybodys',
    trust: POD_IDENTITY_TRUST,
  });
  const { aws, credentials } = world.portal.sandbox;
  letPortalPass(aws, credentials, [arn]);
  await world.run(
    ROOT,
    associate(ACCOUNT, { entityRef: undefined, roleArn: arn }),
  );
};

const tries = (
  what: string,
  attempt: (world: InsiderWorld) => Promise<unknown>,
): Attempt => ({ what, given, attempt, refused: NONE });

const mine = { entityRef: BOBS };
const move = (kind: 'migrate' | 'rollback', more: object = {}) => ({
  kind,
  input: {
    clusterName: 'prod',
    namespace: 'payments',
    serviceAccount: ACCOUNT,
    ...mine,
    ...more,
  },
});

/** What an administrator made for no component, with a role that anybody may use. */
export const unrecorded: InsiderClass = {
  section: {
    administrators: [ROOT],
    guardrails: { roles: { adopt: ['arn:aws:iam::*:role/anybodys'] } },
  },
  kubernetes: 'eks',
  attempts: [
    tries('take it over', world =>
      world.run(
        BOB,
        associate(ACCOUNT, { ...mine, roleArn: world.arnOf('anybodys') }),
      ),
    ),
    tries('give it another role', world =>
      world.run(BOB, associate(ACCOUNT, { ...mine, replaceRole: true })),
    ),
    tries('preview a change', world => world.plan(associate(ACCOUNT, mine))),
    tries('remove it', world =>
      world.run(BOB, teardown(ACCOUNT, { ...mine, force: true })),
    ),
    tries('preview its removal', world => world.plan(teardown(ACCOUNT, mine))),
    tries('restart its workloads', world =>
      world.run(BOB, restart(ACCOUNT, mine)),
    ),
    tries('carry its move on', world =>
      world.run(BOB, move('migrate', { until: 'moved' }) as any),
    ),
    tries('finish its move', world =>
      world.run(BOB, move('migrate', { until: 'finished' }) as any),
    ),
    tries('take it back to IRSA', world =>
      world.run(BOB, move('rollback') as any),
    ),
    {
      what: 'run a pod under it for a component that does not claim it',
      given,
      attempt: async world => {
        const { result } = await world.run(BOB, verify(ACCOUNT, mine));
        const checks = result?.kind === 'verify' ? result.report.checks : [];
        const identity = checks.find(({ id }) => id === 'credentials.identity');
        throw new Error(identity?.withheld ? identity.message : 'a pod ran');
      },
      refused: /^No pod was run: neither a tag on AWS nor the annotation/,
    },
  ],
};
