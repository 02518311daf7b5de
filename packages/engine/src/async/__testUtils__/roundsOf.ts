import type { Sandbox } from 'eks-sandbox';
import { createCallRecorder } from '../CallRecorder';
import { systemClock } from '../clock';

/** Long against the time that a call itself takes, so that calls that are made at once overlap. */
const LATENCY_MS = 150;

/**
 * The calls to AWS that `work` makes, in rounds: a call belongs to the round after the last one that had ended when it
 * began. The sandbox answers slowly from then on.
 */
export async function roundsOf(
  sandbox: Pick<Sandbox, 'latency'>,
  work: () => Promise<unknown>,
): Promise<string[][]> {
  for (const service of ['iam', 'eks']) {
    sandbox.latency.set(`${service}:*`, LATENCY_MS);
  }
  const recorder = createCallRecorder({ clock: systemClock });
  await recorder.during(work);
  const rounds: string[][] = [];
  const placed: { end: number; round: number }[] = [];
  for (const entry of recorder.timeline().entries) {
    if (entry.type !== 'call' || entry.service === 'kubernetes') continue;
    const { startMs, waitMs, durationMs, operation } = entry;
    const before = placed.filter(({ end }) => end <= startMs);
    const round = Math.max(-1, ...before.map(other => other.round)) + 1;
    placed.push({ end: startMs + waitMs + durationMs, round });
    (rounds[round] ??= []).push(operation);
  }
  return rounds.map(operations => operations.sort());
}
