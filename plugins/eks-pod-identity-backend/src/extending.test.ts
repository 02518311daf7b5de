import { readFileSync, writeFileSync } from 'node:fs';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import clusterSupplier from './__testUtils__/examples/clusterSupplier';
import freezeGuardrail from './__testUtils__/examples/freezeGuardrail';
import maxSessionCheck from './__testUtils__/examples/maxSessionCheck';
import roleNaming from './__testUtils__/examples/roleNaming';
import serviceClient from './__testUtils__/examples/serviceClient';
import {
  SandboxPortal,
  startSandboxPortal,
} from './__testUtils__/sandboxBackend';
import { ADA, associate, follow, Replica } from './__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('docs/extending.md', () => {
  const file = resolvePackagePath(import.meta.url, '../../docs/extending.md');
  const example = (name: string) =>
    readFileSync(
      resolvePackagePath(import.meta.url, `src/__testUtils__/examples/${name}`),
      'utf8',
    ).trimEnd();
  const marked = /<!-- example: (\S+) -->\n(?:\n```ts\n[^]*?\n```\n)?/g;

  it('shows the examples that run below', () => {
    const text = readFileSync(file, 'utf8');
    const filled = text.replace(
      marked,
      (_, name) =>
        `<!-- example: ${name} -->\n\n\`\`\`ts\n${example(name)}\n\`\`\`\n`,
    );
    if (process.env.UPDATE_DOCS) writeFileSync(file, filled);
    expect(readFileSync(file, 'utf8')).toBe(filled);
    expect([...text.matchAll(marked)].map(([, name]) => name)).toEqual([
      'maxSessionCheck.ts',
      'freezeGuardrail.ts',
      'roleNaming.ts',
      'clusterSupplier.ts',
      'serviceClient.ts',
    ]);
  });

  describe('its examples', () => {
    let portal: SandboxPortal;
    let replica: Replica;

    beforeAll(async () => {
      portal = await startSandboxPortal({
        sandbox: { clusters: ['payments-prod'] },
        clusters: [],
      });
      replica = await portal.start({
        knex: await databases.init('SQLITE_3'),
        features: [
          clusterSupplier,
          freezeGuardrail,
          maxSessionCheck,
          roleNaming,
          serviceClient,
        ],
      });
    });

    afterAll(() => portal?.stop());

    const onSupplied = { clusterName: 'payments' };

    it('supply a cluster, name a role, ask a question, serve another plugin', async () => {
      const ada = replica.as(ADA);
      const { id } = await ada.startOperation(associate('till', onSupplied));
      await follow(ada, id);
      const { result, error } = await ada.getOperation(id);
      expect(error).toBeUndefined();
      const roleName = result?.kind === 'associate' ? result.roleName : '';
      expect(roleName).toMatch(/^acme-till-[0-9a-f]{8}$/);

      const response = await fetch(
        `${replica.baseUrl.replace(
          'eks-pod-identity',
          'deployments',
        )}/check/payments/payments/till`,
        {
          method: 'POST',
          headers: { authorization: mockCredentials.user.header(ADA) },
        },
      );
      const answer = await response.json();
      expect(answer.checks).toContain('role.max-session');
      expect(answer.result).toMatchObject({ kind: 'verify' });
      expect(
        answer.result.report.checks.find(
          (check: { id: string }) => check.id === 'role.max-session',
        ),
      ).toMatchObject({
        status: 'pass',
        message: 'Sessions end after an hour',
      });
    });

    it('freeze a namespace', async () => {
      await expect(
        replica
          .as(ADA)
          .plan(associate('till', { ...onSupplied, namespace: 'billing' })),
      ).rejects.toMatchObject({
        cause: {
          message:
            'Identities in billing are frozen until the audit is over: ask #platform (guardrail freeze)',
        },
      });
    });
  });
});
