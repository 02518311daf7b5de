/**
 * What one user's flood does to another user of the same account and cluster. Ana has as many requests in flight as
 * `limits` let one user have: 50 operations, in turn looks without a pod and associates that only plan, each followed by
 * the next one, and 4 previews. Priya previews an associate and makes one, alone and beside that. AWS answers after 50 ms, the
 * Kubernetes API after 10 ms, nothing has to spread. Waits for the pace of calls add up,
 * though calls may have waited beside each other. Each of Priya's rounds begins after half a minute in which she asked
 * nothing: the part of the burst that a flood leaves to others is there again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  PodIdentityClient,
  StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import { figure, section, table } from '../../../../scripts/lib/output.mjs';
import { setLatencies } from './lib/latencies';
import { median, withSpread } from './lib/statistics.mjs';
import {
  benchmarkDemo,
  carryOut,
  identityOf,
  S3_READ,
  USERS,
} from './operations/demoPortal';

const ROUNDS = 5;
const GOAL = 2;
const REST_MS = 30_000;
/** The defaults of `limits.operationsPerUser` and `limits.plansPerCaller`. */
const OPERATIONS = 50;
const PLANS = 4;

const requestOfFlood = (worker: number): StartOperation => {
  const identity = identityOf(`flood-${worker}`);
  return worker % 2 === 0
    ? { kind: 'verify', input: { ...identity, probe: 'none' } }
    : { kind: 'associate', input: { ...identity, planOnly: true } };
};

/** Keeps all of it in flight until the signal aborts. */
function startFlood(ana: PodIdentityClient, signal: AbortSignal) {
  const answered = { operations: 0, plans: 0, failed: 0 };
  const again = async (
    work: () => Promise<unknown>,
    what: keyof typeof answered,
  ) => {
    while (!signal.aborted) {
      await work().then(
        () => (answered[what] += 1),
        () => (answered.failed += 1),
      );
    }
  };
  for (let worker = 0; worker < OPERATIONS; worker++) {
    again(async () => {
      const { id } = await ana.startOperation(requestOfFlood(worker), {
        signal,
      });
      const events = ana.followOperation(id, {
        signal,
        mode: 'poll',
        intervalMs: 3_000,
      });
      for await (const _ of events);
    }, 'operations');
  }
  for (let worker = 0; worker < PLANS; worker++) {
    const input = identityOf(`preview-${worker}`);
    again(
      () => ana.plan({ kind: 'associate', input, fresh: true }, { signal }),
      'plans',
    );
  }
  return answered;
}

async function rounds(client: PodIdentityClient, what: string) {
  const times: Record<'preview' | 'associate' | 'waited', number[]> = {
    preview: [],
    associate: [],
    waited: [],
  };
  // The first round opens connections and assumes the portal's roles
  for (let round = 0; round <= ROUNDS; round++) {
    await sleep(REST_MS);
    const input = {
      ...identityOf(`fair-${what}-${round}`, 'audit-exporter'),
      managedPolicyArns: [S3_READ],
    };
    const start = performance.now();
    await client.plan({
      kind: 'associate',
      input,
      fresh: true,
    });
    const preview = performance.now() - start;
    const { ms, timeline } = await carryOut(
      client,
      { kind: 'associate', input },
      { timeline: true },
    );
    const waitedMs = timeline!.entries.reduce(
      (sum, entry) => sum + (entry.type === 'call' ? entry.waitMs : 0),
      0,
    );
    console.error(
      `# ${what}, round ${round}: preview ${preview.toFixed()} ms, associate ${ms.toFixed()} ms, of which waiting for the pace of calls ${waitedMs} ms`,
    );
    if (round === 0) continue;
    times.preview.push(preview);
    times.associate.push(ms);
    times.waited.push(waitedMs);
  }
  return times;
}

benchmarkDemo(async portal => {
  const end = new AbortController();
  try {
    await setLatencies(portal.sandbox);
    const priya = await portal.clientOf(USERS.priya);
    const alone = await rounds(priya, 'alone');
    const answered = startFlood(await portal.clientOf(USERS.ana), end.signal);
    const beside = await rounds(priya, 'beside');
    console.error(`# Ana: ${JSON.stringify(answered)}`);
    const rows = (['preview', 'associate'] as const).map(what => {
      const ratio = median(beside[what]) / median(alone[what]);
      figure(`fairness, ${what}: alone`, median(alone[what]), 'ms');
      figure(`fairness, ${what}: beside a flood`, median(beside[what]), 'ms');
      figure(`fairness, ${what}: beside a flood over alone`, ratio, '×', {
        most: GOAL,
      });
      return [
        what,
        withSpread(alone[what], 0),
        withSpread(beside[what], 0),
        ratio.toFixed(2),
      ];
    });
    section('fairness', [
      table(
        ['', 'alone, ms', 'beside a flood, ms', 'ratio of the medians'],
        rows,
      ),
      `Of the associates beside the flood, the calls together waited ${withSpread(
        beside.waited,
        0,
      )} ms for the pace of calls.`,
      `The goal is at most ${GOAL}. ${ROUNDS} rounds, each after ${
        REST_MS / 1000
      } s without a request of that user.`,
    ]);
  } finally {
    end.abort();
  }
});
