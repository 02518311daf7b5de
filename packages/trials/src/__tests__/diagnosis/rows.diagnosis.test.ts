/**
 * Each scenario by itself: breaks an identity, verifies it with a pod, does what the report says – its command is run by
 * bash with the real aws and kubectl – and verifies it again, until it is as good as can be.
 */
import {
  firstBrokenHop,
  headline,
  stringifyServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { isOfApplication, SCENARIOS, type Stage } from 'eks-sandbox';
import { EXPECTED } from './expected';
import type { Expected } from './expected/expected';
import { repairAll, type Repairing } from './repairs';
import { type Shell, shellOf } from './shell';
import { later, restore, useWorld, verify } from './world';

interface Broken extends Repairing {
  expected: Expected;
}

function expectFirst(report: VerificationReport, expected: Expected) {
  const cause = firstBrokenHop(report);
  const said = cause
    ? [cause.message, cause.fix?.cause]
    : [headline(report), ...report.checks.map(({ message }) => message)];
  expect({ cause: cause?.id, status: report.status, said }).toMatchObject({
    cause: expected.cause,
    status: expected.status,
  });
  expect(said.join(' ')).toMatch(expected.says);
}

async function tryVerification(broken: Broken) {
  const { world, ref, expected } = broken;
  const { repair: deed, ends = 'verified' } = expected;
  const first = await verify(world, ref, expected);
  expectFirst(first, expected);
  const report =
    deed === 'none'
      ? first
      : await repairAll(broken, first, [expected], expected);
  expect({ ends: report.status, says: headline(report) }).toMatchObject({
    ends,
  });
}

/** As tryVerification, of what an operation of the portal says. */
async function tryOperation({ world, shell, ref, expected }: Broken) {
  const { operation, repair: deed, succeeds = false, says } = expected;
  const name = stringifyServiceAccountRef(ref);
  /** The text is the error, or what a success reports. */
  const operate = () =>
    (operation === 'teardown' ? world.teardown(name) : world.associate(name))
      .then(result => ({ ok: true, text: JSON.stringify(result) }))
      .catch(({ message }: Error) => ({ ok: false, text: message }));
  const { ok, text } = await operate();
  expect(text).toMatch(says);
  expect(ok).toBe(succeeds);
  if (typeof deed !== 'function') return;
  await deed({ world, shell, ref, said: text, command: '' });
  expect(await operate()).toMatchObject({ ok: true });
}

describe('rows', () => {
  const world = useWorld();
  let shell: Shell;
  beforeAll(async () => {
    shell = await shellOf(world().sandbox);
  });

  /** A printed command does not name its cluster: the reader's kubectl is at it. */
  const useCluster = (cluster: string) => {
    const connections = world().sandbox.connections();
    const found = connections.find(({ name }) => name === cluster);
    return shell(`kubectl config use-context '${found?.arn}'`);
  };

  // No pod of ours shows what a program did.
  const probed = [...SCENARIOS]
    .filter(([name, { rows }]) => rows.length > 0 && !isOfApplication(name))
    .map(([name, { rows }]) => [rows.join(', '), name]);

  it.each(probed)('%s %s', async (_, name) => {
    // The compiler does not find one that is missing
    const expected = EXPECTED[name];
    expect(EXPECTED).toHaveProperty([name]);
    const { given } = expected;
    await restore(world(), expected.rate);
    if (given) await world().associate(given);
    const { identity } = (await world().sandbox.client.scenario(
      name,
      given ? { identity: given } : {},
    )) as { identity: Stage['identity'] };
    const { ref = identity } = expected;
    await useCluster(ref.cluster);
    if (!expected.fresh) await later(world());
    const broken = { world: world(), shell, ref, expected };
    await (expected.operation ? tryOperation(broken) : tryVerification(broken));
  });
});
