/** The sandbox in a separate process: its CloudTrail is filled and its clock is moved as messages say. */
import { startSandbox, type Sandbox } from 'eks-sandbox';
import { usedByPod } from '../../../../../plugins/eks-pod-identity-backend/src/evidence/__testUtils__/events';
import { answerEach, worldOf } from '../lib/child';
import { CLUSTER, refOf, roleOf } from './identities';

const HOUR_MS = 3_600_000;
/** As good as standing still; at a rate of 0 its throttling would go by the time of day. */
const STILL = 1e-9;

interface Message {
  start?: true;
  /** Identities whose pod obtained its role an hour ago, or `agoMs`. */
  used?: number[];
  agoMs?: number;
  advance?: number;
}

let sandbox: Sandbox;

answerEach(async ({ start, used, agoMs = HOUR_MS, advance }: Message) => {
  if (start) {
    sandbox = await startSandbox({ scenario: 'empty', clockRate: STILL });
    return worldOf(sandbox);
  }
  if (used) {
    for (const index of used) {
      usedByPod(
        sandbox,
        { ...refOf(index), cluster: CLUSTER },
        {
          roleArn: roleOf(sandbox.accountId, index),
          pod: `service-${index}`,
          at: sandbox.clock.now() - agoMs,
        },
      );
    }
    return used.length;
  }
  if (advance !== undefined) {
    await sandbox.clock.advance(advance);
    return sandbox.clock.now();
  }
  const lookups = sandbox.calls
    .calls()
    .filter(({ service }) => service === 'cloudtrail');
  sandbox.calls.reset();
  return {
    granted: lookups.filter(({ status }) => status === 200).length,
    refused: lookups.filter(({ status }) => status !== 200).length,
  };
});
