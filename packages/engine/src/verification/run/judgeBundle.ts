import { InputError } from '@backstage/errors';
import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import { docsUrlOf } from '../framework/check';
import { checksFor } from './checks';
import { type Fact, lacking } from '../framework/fact';
import type { FactName, FactTypes } from '../framework/facts';
import { lackOutcome } from '../access/lackOutcome';
import { buildReport } from './report';
import { runChecks } from '../framework/runner';
import type { FactReader } from '../framework/facts';
import type { FactBundle } from './bundle';

/** A newer engine may ask for what an older one did not read. */
const NOT_THERE: Fact<never> = lacking({
  kind: 'not-in-probe',
  sentence: 'Not judged: the bundle does not hold what it needs.',
});

/**
 * Judges the facts of a bundle with the checks of this engine, as of the time of the bundle. Checks that an adopter added
 * are left out.
 *
 * @throws InputError where a fact is not as an engine writes it
 * @public
 */
export async function judgeBundle(
  bundle: FactBundle,
  options: { docsUrl?: string } = {},
): Promise<VerificationReport> {
  try {
    return await judged(bundle, options);
  } catch (error) {
    // Checks rely on the shape that their collectors give to facts.
    throw new InputError(
      `This bundle cannot be judged: it says that version ${
        bundle.report.engineVersion
      } wrote it, and a fact has another shape (${
        (error as Error).message
      }). Ask for a new bundle, and report this if a new one ends the same way.`,
    );
  }
}

async function judged(
  bundle: FactBundle,
  options: { docsUrl?: string },
): Promise<VerificationReport> {
  const { report, cluster, portalId, now, changedAt, facts } = bundle;
  const { ref, probe, trigger, entityRef } = report;
  const reader: FactReader = {
    get: async <N extends FactName>(name: N) =>
      (facts[name] ?? NOT_THERE) as Fact<FactTypes[N]>,
  };
  const finishedAt = Date.parse(report.finishedAt);
  const checks = checksFor(bundle.request);
  const found = await runChecks({
    checks,
    facts: reader,
    context: {
      ref,
      cluster,
      probe,
      perNodeGroup: bundle.request.perNodeGroup,
      portalId,
      now,
      changedAt,
    },
    clock: { now: () => finishedAt, sleep: async () => {} },
    onLack: lackOutcome,
    docsUrl: anchor => docsUrlOf(options.docsUrl, anchor),
    onResult: async () => {},
  });
  return buildReport(
    {
      ref,
      entityRef,
      trigger,
      probe,
      changedAt,
      ...bundle.request,
      timeoutSeconds: 0,
    },
    reader,
    {
      checks,
      ...found,
      startedAt: now,
      finishedAt,
    },
  );
}
