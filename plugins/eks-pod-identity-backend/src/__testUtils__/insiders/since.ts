import { ADA, associate, BOB, restart, verify } from '../testBackend';
import {
  BOBS,
  type InsiderClass,
  type InsiderWorld,
  NothingGained,
  VICTIM,
} from './InsiderWorld';

const READ = 'eks-pod-identity.association.read';
const UNREAD = /not allowed to see/;
const OTHERS = /was made for another component/;
const NOT_BOBS = /belongs to user:default\/ada/;

const unread: Pick<InsiderClass, 'deny'> = {
  deny: (user, permission) => user === BOB && permission === READ,
};

const move = (kind: 'migrate' | 'rollback', input: object) => ({
  kind,
  input: {
    clusterName: 'prod',
    namespace: 'payments',
    serviceAccount: VICTIM.serviceAccount,
    ...(kind === 'migrate' ? { until: 'moved' as const } : {}),
    ...input,
  },
});

/** What a restart of pods reaches. */
export const restarts: InsiderClass = {
  kubernetes: 'eks',
  attempts: [
    {
      what: 'restart them for one’s own component',
      attempt: world => world.run(BOB, restart('api', { entityRef: BOBS })),
      refused: OTHERS,
    },
    {
      what: 'restart them in its name',
      attempt: world => world.run(BOB, restart('api')),
      refused: NOT_BOBS,
    },
    {
      what: 'restart them for no component',
      attempt: world =>
        world.run(BOB, restart('api', { entityRef: undefined })),
      refused: /entityRef/,
    },
    {
      what: 'restart what runs in a namespace of Kubernetes itself',
      attempt: world =>
        world.run(
          BOB,
          restart('coredns', { entityRef: BOBS, namespace: 'kube-system' }),
        ),
      refused: /namespace kube-system/,
    },
    {
      what: 'restart the workloads of an identity that another tool made',
      attempt: world =>
        world.run(BOB, restart('payments-ledger', { entityRef: BOBS })),
      refused: /this portal did not make the association/,
    },
  ],
};

/** Moves, ways back and repairs. */
export const moves: InsiderClass = {
  kubernetes: 'eks',
  attempts: [
    {
      what: 'move it',
      attempt: world =>
        world.run(BOB, move('migrate', { entityRef: BOBS }) as any),
      refused: OTHERS,
    },
    {
      what: 'take it back',
      attempt: world =>
        world.run(BOB, move('rollback', { entityRef: BOBS }) as any),
      refused: OTHERS,
    },
    {
      what: 'queue the moves of its team',
      attempt: world =>
        world.ask('/move-queues', {
          body: JSON.stringify({
            ownedBy: ADA,
            refs: [
              {
                cluster: 'prod',
                namespace: 'payments',
                serviceAccount: VICTIM.serviceAccount,
              },
            ],
          }),
        }),
      refused: /none of its members/,
    },
    {
      what: 'queue it as a move of one’s own',
      attempt: world =>
        world.ask('/move-queues', {
          body: JSON.stringify({
            ownedBy: BOB,
            refs: [
              {
                cluster: 'prod',
                namespace: 'payments',
                serviceAccount: VICTIM.serviceAccount,
              },
            ],
          }),
        }),
      refused: /none of these can be moved now/,
    },
    {
      what: 'repair it by the last request of its owner',
      attempt: world =>
        world.run(
          BOB,
          associate('api', { entityRef: BOBS, keepSettings: true }),
        ),
      refused: /there is no earlier run for this component/,
    },
  ],
};

/** A report of Ada's about her identity. */
async function reportOf(world: InsiderWorld, user = ADA, more: object = {}) {
  const { result } = await world.run(
    user,
    verify('api', { probe: 'none', ...more }),
  );
  world.begin();
  return result?.kind === 'verify' ? result.report.id : '';
}

/** Facts and the setup, which are for administrators. */
export const facts: InsiderClass = {
  section: { administrators: ['user:default/root'] },
  attempts: [
    {
      what: 'download those of a report of another',
      attempt: async world =>
        world.ask(`/reports/${await reportOf(world)}/bundle`),
      refused: /only an administrator/,
    },
    {
      what: 'download those of one’s own report',
      attempt: async world => {
        const { result } = await world.run(
          BOB,
          verify('bobs', { entityRef: BOBS, probe: 'none' }),
        );
        const id = result?.kind === 'verify' ? result.report.id : '';
        return world.ask(`/reports/${id}/bundle`);
      },
      refused: /only an administrator/,
    },
    {
      what: 'read the setup of the portal',
      attempt: world => world.ask('/setup'),
      refused: /only an administrator/,
    },
  ],
};

/** Fails unless a list that Ada sees has nothing for Bob. */
async function empty(
  list: (user: string) => Promise<{ items: unknown[] }>,
): Promise<void> {
  const [hers, his] = [await list(ADA), await list(BOB)];
  if (hers.items.length === 0 || his.items.length > 0) return;
  throw new NothingGained('the list is empty');
}

const roleName = ({ victim }: InsiderWorld) => victim.roleArn.split('/').pop()!;

/** The same for one whom the policy lets read nothing. */
export const unreadFacts: InsiderClass = {
  ...unread,
  attempts: [
    {
      what: 'find the identity in the fleet by the name of its role',
      attempt: async world => {
        await reportOf(world);
        await empty(user =>
          world.ask(`/associations?q=${roleName(world)}`, { user }),
        );
      },
      refused: /list is empty/,
    },
    {
      what: 'count what keeps it from working',
      attempt: async world => {
        await reportOf(world);
        await empty(user => world.ask('/associations/causes', { user }));
      },
      refused: /list is empty/,
    },
    {
      what: 'read who used it',
      attempt: world => world.ask('/service-accounts/prod/payments/api/use'),
      refused: UNREAD,
    },
    {
      what: 'have AWS searched for who used it',
      attempt: world =>
        world.ask('/service-accounts/prod/payments/api/use', {
          method: 'POST',
        }),
      refused: UNREAD,
    },
    {
      what: 'read what its role may do',
      attempt: world =>
        world.ask('/service-accounts/prod/payments/api/permissions'),
      refused: UNREAD,
    },
    {
      what: 'read the timeline of an operation of another',
      attempt: async world => {
        const { id } = await world.run(ADA, verify('api', { probe: 'none' }));
        world.begin();
        return world.ask(`/operations/${id}/timeline`);
      },
      refused: UNREAD,
    },
  ],
};

/** The actions of the registry, which an MCP server passes on. */
export const byAssistant: InsiderClass = {
  hasActions: true,
  attempts: [
    {
      what: 'verify the identity of another',
      attempt: async world => {
        const { quoted } = await world.invoke('verify', {
          ...verify('api', { entityRef: BOBS }).input,
          idempotencyKey: 'one',
        });
        if (quoted.error) throw new NothingGained(quoted.error);
      },
      refused: OTHERS,
    },
    {
      what: 'run a pod',
      attempt: world =>
        world.invoke('verify', {
          ...verify('bobs', { entityRef: BOBS }).input,
          probe: 'pod',
          idempotencyKey: 'two',
        }),
      refused: /no action of this portal runs a pod/,
    },
    {
      what: 'plan a change of it',
      attempt: world =>
        world.invoke('plan', associate('api', { entityRef: BOBS })),
      refused: OTHERS,
    },
    {
      what: 'plan the use of its role',
      attempt: world =>
        world.invoke(
          'plan',
          associate('bobs', {
            entityRef: BOBS,
            roleArn: world.victim.roleArn,
          }),
        ),
      refused: /You are not allowed to use the role/,
    },
  ],
};

/** The same where the policy lets Bob read nothing. */
export const unreadByAssistant: InsiderClass = {
  ...unread,
  hasActions: true,
  attempts: [
    {
      what: 'get the status of the component of another',
      attempt: world =>
        world.invoke('get-status', { entityRef: VICTIM.entityRef }),
      refused: UNREAD,
    },
    {
      what: 'list associations by the name of a role',
      attempt: async world => {
        await reportOf(world);
        await empty(user =>
          world.invoke('list-associations', { q: roleName(world) }, user),
        );
      },
      refused: /list is empty/,
    },
  ],
};
