import { join } from 'node:path';
import { readJson } from '../../../../../scripts/lib/json.mjs';
import { root } from '../../../../../scripts/lib/paths.mjs';
import { sum } from '../lib/statistics.mjs';

/**
 * @typedef {import('backstage-plugin-eks-pod-identity-common').Timeline} Timeline
 * @typedef {Extract<import('backstage-plugin-eks-pod-identity-common').TimelineEntry, { type: 'call' }>} Call
 */

const nameOf = ({ service, operation }) =>
  service === 'kubernetes' ? operation : `${service}:${operation}`;
const sentAt = ({ startMs, waitMs }) => startMs + waitMs;
const endOf = call => sentAt(call) + call.durationMs;

/** Times are whole milliseconds, so that a call may seem to begin just before the one it waited for has ended. */
const TICK_MS = 1;

const isWrite = call =>
  /^(iam|eks):(Create|Delete|Update|Put|Attach|Detach|Tag|Untag)|^(create|delete|patch|update) (?!selfsubject)/.test(
    nameOf(call),
  );

/** What a call is about. */
function thingOf(call) {
  const name = nameOf(call);
  if (name.startsWith('iam:')) return 'role';
  if (/PodIdentityAssociation/.test(name)) return 'association';
  if (/Addon/.test(name)) return 'agent';
  return /serviceaccounts$|pods$/.exec(name)?.[0];
}

/** Where the cluster is: every call to Kubernetes needs it. */
const isAddress = call => nameOf(call) === 'eks:DescribeCluster';

/** Pairs: the second asks with what the first has answered; it is written only once the first is ready, or gone. */
const { asksWith, order } = readJson(
  join(root, 'packages/trials/src/bench/operations/needs.json'),
);

const matches = (patterns, before, after) =>
  patterns.some(
    ([a, b]) => new RegExp(a).test(before) && new RegExp(b).test(after),
  );

/**
 * The chain of calls that took longest, of which each began after the one before had ended and needs it. A call needs
 * an earlier one if
 *
 * - it is to Kubernetes, and that one says where the cluster is;
 * - it is asked for the first time, with what that one answered;
 * - it changes something, or reads again what it is about to change, and that one is of the plan: asked for the first
 *   time, before any write. A pod is no change: a probe needs only what it is about and what has to be ready;
 * - both are about the same thing, and one of them writes;
 * - it writes, and that one was about something that has to be ready or gone before.
 *
 * Pauses, waits for the pace of calls and the portal's own work are not in it, nor are calls that came one after the
 * other without need.
 *
 * @param {Timeline} timeline
 * @returns {Call[]}
 */
export function criticalPath(timeline) {
  const calls = timeline.entries.filter(({ type }) => type === 'call');
  const firstWrite = Math.min(...calls.filter(isWrite).map(sentAt));
  const asked = new Set();
  const first = new Set();
  for (const call of calls) {
    if (!asked.has(nameOf(call))) first.add(call);
    asked.add(nameOf(call));
  }
  const isOfPlan = call =>
    first.has(call) && !isWrite(call) && sentAt(call) < firstWrite;
  const readsAgain = call =>
    !first.has(call) && !isWrite(call) && !isAddress(call);

  const needs = (later, earlier) => {
    if (endOf(earlier) > sentAt(later) + TICK_MS) return false;
    const [before, after] = [nameOf(earlier), nameOf(later)];
    if (isAddress(earlier) && later.service === 'kubernetes') return true;
    if (!readsAgain(later) && matches(asksWith, before, after)) return true;
    const [one, other] = [thingOf(earlier), thingOf(later)];
    const changes = isWrite(later) || readsAgain(later);
    if (isOfPlan(earlier) && changes && other !== 'pods') return true;
    if (one && one === other) return isWrite(earlier) || isWrite(later);
    return isWrite(later) && order.some(([a, b]) => a === one && b === other);
  };

  const longest = new Map();
  for (const call of [...calls].sort((a, b) => endOf(a) - endOf(b))) {
    let best = { ms: 0, before: undefined };
    for (const [earlier, { ms }] of longest) {
      if (ms > best.ms && needs(call, earlier)) best = { ms, before: earlier };
    }
    longest.set(call, { ...best, ms: best.ms + call.durationMs });
  }
  const path = [];
  let [last] = [...longest].sort(([, a], [, b]) => b.ms - a.ms)[0] ?? [];
  for (; last; last = longest.get(last).before) path.unshift(last);
  return path;
}

/** @param {Call[]} path */
export const lengthOf = path => sum(path.map(call => call.durationMs));
