import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { ADA, associate, BOB } from '../testBackend';
import {
  type Attempt,
  BOBS,
  type InsiderClass,
  type InsiderWorld,
  NothingGained,
  VICTIM,
} from './InsiderWorld';

const ACCOUNT = 'arn:aws:iam::111122223333';
const AWS = 'arn:aws:iam::aws:policy';

const bobsWith = (world: InsiderWorld, extra: Record<string, unknown>) =>
  world.run(BOB, associate('bobs', { entityRef: BOBS, ...extra }));

type Role = Parameters<InsiderWorld['iam']['putRole']>[0];

/** Bob wants a role of the account for his own service account. */
const adopt = (what: string, role: Role, refused: RegExp): Attempt => ({
  what,
  given: world => {
    world.iam.putRole(role);
  },
  attempt: world =>
    bobsWith(world, {
      roleArn: world.arnOf(`${(role.path ?? '/').slice(1)}${role.name}`),
    }),
  refused,
});

const NEVER = /You are not allowed to use the role/;

/** Existing roles where a careless pattern opens them all. */
export const adoption: InsiderClass = {
  section: {
    guardrails: { roles: { adopt: [`${ACCOUNT}:role/*`] } },
  },
  attempts: [
    {
      what: 'the portal’s own role that writes',
      attempt: world =>
        bobsWith(world, {
          roleArn: world.portal.sandbox.credentials.roles.write,
        }),
      refused: NEVER,
    },
    adopt(
      'a role that belongs to a service of AWS',
      {
        name: 'AWSServiceRoleForAmazonEKS',
        path: '/aws-service-role/eks.amazonaws.com/',
      },
      NEVER,
    ),
    adopt(
      'a role of single sign-on',
      {
        name: 'AWSReservedSSO_Admin_0123456789abcdef',
        path: '/aws-reserved/sso.amazonaws.com/',
      },
      NEVER,
    ),
    adopt(
      'the role by which the organisation enters',
      { name: 'OrganizationAccountAccessRole' },
      NEVER,
    ),
    adopt(
      'a role with AdministratorAccess',
      { name: 'break-glass', attached: [`${AWS}/AdministratorAccess`] },
      /gives control of the account/,
    ),
    adopt(
      'a role that writes roles',
      {
        name: 'deployer',
        inline: {
          deploy: {
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Action: 'iam:PutRolePolicy', Resource: '*' },
            ],
          },
        },
      },
      /gives control of the account/,
    ),
    {
      what: 'a role with a wildcard in its name',
      attempt: world => bobsWith(world, { roleArn: world.arnOf('*') }),
      refused: /roleArn/,
    },
    {
      what: 'a role of another account',
      attempt: world =>
        bobsWith(world, { roleArn: 'arn:aws:iam::999988887777:role/theirs' }),
      refused: /is not a role of account/,
    },
  ],
};

/** Existing roles where patterns hold for a namespace or an owner. */
export const adoptionByOwner: InsiderClass = {
  section: {
    guardrails: {
      roles: {
        adopt: [
          `${ACCOUNT}:role/of/{{namespace}}/*`,
          `${ACCOUNT}:role/team/{{owner}}/*`,
        ],
      },
    },
  },
  attempts: [
    adopt(
      'a role of another namespace',
      { name: 'reader', path: '/of/billing/' },
      NEVER,
    ),
    adopt(
      'a role of another owner',
      { name: 'reader', path: '/team/ada/' },
      NEVER,
    ),
    adopt(
      'a role outside of all patterns, tagged with another component',
      { name: 'tagged', tags: { [MARK_TAGS.entityRef]: VICTIM.entityRef } },
      NEVER,
    ),
  ],
};

/** The name that the portal gives to the role of a service account of Ada's that has none yet. */
async function futureName(world: InsiderWorld): Promise<string> {
  const { steps } = await world.replica
    .as(ADA)
    .plan(associate('worker', { entityRef: 'component:default/payments-api' }));
  const role = steps.find(({ id }) => id === 'role')!;
  return role.resource.name.split('/').pop()!;
}

/** Names of roles that Bob takes before or from others. */
export const squatting: InsiderClass = {
  attempts: [
    {
      what: 'take the default name of a service account that has no role yet',
      attempt: async world =>
        bobsWith(world, { roleName: await futureName(world) }),
      refused: /looks like the generated name/,
    },
    {
      what: 'take the default name of a service account that has one',
      attempt: world =>
        bobsWith(world, { roleName: world.victim.roleArn.split('/').pop()! }),
      refused: /looks like the generated name/,
    },
    {
      what: 'take it under another path',
      attempt: async world =>
        bobsWith(world, {
          roleName: await futureName(world),
          rolePath: '/backstage/mine/',
        }),
      refused: /looks like the generated name/,
    },
    {
      what: 'take a name that AWS reserves',
      attempt: world => bobsWith(world, { roleName: 'AWSServiceRoleForBob' }),
      refused: /AWS reserves such names/,
    },
    {
      what: 'take the path of another tool',
      attempt: world => bobsWith(world, { rolePath: '/terraform/' }),
      refused: /it must begin with \/backstage\//,
    },
  ],
};

/** The words of a refusal without the ARN that it is about, and without its name in the command for its owner. */
const words = async (world: InsiderWorld, roleArn: string) => {
  try {
    return JSON.stringify(
      await world.plan(associate('bobs', { entityRef: BOBS, roleArn })),
    );
  } catch (error: any) {
    return String(error.cause?.message ?? error.message)
      .replaceAll(roleArn, 'it')
      .replaceAll(/--role-name \S+/g, '--role-name it');
  }
};

const oracle = (what: string, role: Role, asked: string): Attempt => ({
  what,
  given: world => {
    world.iam.putRole(role);
  },
  async attempt(world) {
    const there = await words(world, world.arnOf(asked));
    const missing = await words(world, world.arnOf('missing'));
    if (there === missing) {
      throw new NothingGained('the same words as of a role that is not there');
    }
    return there;
  },
  refused: /the same words/,
});

/** Bob asks which roles the account has. */
export const roleOracle: InsiderClass = {
  attempts: [
    oracle('ask for a role by its ARN', { name: 'vendor' }, 'vendor'),
    oracle(
      'ask for it under a wrong path',
      { name: 'vendor', path: '/hidden/' },
      'vendor',
    ),
    oracle(
      'ask for a role that is tagged with another component',
      { name: 'vendor', tags: { [MARK_TAGS.entityRef]: VICTIM.entityRef } },
      'vendor',
    ),
    {
      what: 'take the name of a role that is there',
      given: world => {
        world.iam.putRole({
          name: 'vendor',
          path: '/hidden/',
          description: 'Pays the suppliers',
        });
      },
      attempt: async world => {
        const plan = JSON.stringify(
          await world.plan(
            associate('bobs', { entityRef: BOBS, roleName: 'vendor' }),
          ),
        );
        if (/hidden|suppliers/.test(plan)) return plan;
        if (!/"conflict"/.test(plan)) return plan;
        throw new NothingGained(
          'only that the name is taken, as IAM answers any CreateRole',
        );
      },
      refused: /only that the name is taken/,
    },
  ],
};
