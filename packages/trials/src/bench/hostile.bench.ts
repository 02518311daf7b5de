/**
 * How long one user's card takes while another user sends what costs the portal most: a request after the other, each of
 * them for a second or two, on the fleet of the benchmark of cards. All requests share the one thread of the plugin's
 * process; what matters is how long each of the other user's keeps it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../../scripts/lib/paths.mjs';
import {
  cards,
  entityRefOf,
  HOSTILE_ANNOTATIONS,
  clusters,
} from './card/world';
import { startPortal } from './card/backends';
import { figure, section, table } from '../../../../scripts/lib/output.mjs';
import { benchmark } from './lib/benchmark';
import { median, quantile } from './lib/statistics.mjs';

const WARM_UP = 30;
/** Cards that are asked for alone, and beside each kind of request. */
const ROUNDS = 60;
const MOST_RATIO = 2;

/** What hostile.json writes short: something many times, between what stands before and after it. */
interface Long {
  times: number;
  list?: string;
  numbered?: string;
  text?: string;
  repeat: string;
  then?: string;
  end?: string;
}

function atLength({ times, list, numbered, ...one }: Long) {
  const { text = '', repeat, then = '', end = '' } = one;
  if (list) return Array.from({ length: times }, () => list);
  if (numbered) {
    return Array.from({ length: times }, (_, n) => `${numbered}${n}`);
  }
  return text + repeat.repeat(times) + then.repeat(times) + end;
}

/** A request to a path, or the input of a plan, with a policy of its own, or of a verification. */
type Hostile = Partial<
  Record<'path' | 'text', string> & Record<'plan' | 'policy' | 'verify', object>
>;

const requests: Record<string, Hostile> = {
  ...Object.fromEntries(
    Object.keys(HOSTILE_ANNOTATIONS).map(name => [
      `card of ${name}`,
      { path: `/v1/entities/component/default/${name}` },
    ]),
  ),
  ...JSON.parse(
    readFileSync(join(root, 'packages/trials/src/bench/hostile.json'), 'utf8'),
    (_, value) => (value?.times ? atLength(value) : value),
  ),
};

const ref = {
  clusterName: clusters[0].id,
  namespace: 'team-07',
  serviceAccount: 'tool-1',
};

/** Where it is sent, and its body. */
function sent({ path, text, plan, policy, verify }: Hostile) {
  if (path) return { path, body: text };
  const statement = { Effect: 'Allow', ...policy };
  const data = { Version: '2012-10-17', Statement: [statement] };
  const more = policy ? { inlinePolicies: { data } } : plan ?? verify;
  const kind = verify ? 'verify' : 'associate';
  return {
    path: verify ? '/v1/operations' : '/v1/plans',
    body: JSON.stringify({ kind, input: { ...ref, ...more } }),
  };
}

benchmark(async () => {
  const { knex, tokens, plugin } = await startPortal();
  const api = `${plugin}/eks-pod-identity`;
  const card = `${api}/v1/entities/${entityRefOf(cards.one).replace(':', '/')}`;
  const send = async (url: string, token: string, body?: string) => {
    const startedAt = performance.now();
    const answer = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
      },
      body,
    });
    await answer.arrayBuffer();
    return { status: answer.status, ms: performance.now() - startedAt };
  };
  const cardsTake = async () => {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const { status, ms } = await send(card, tokens.platform);
      if (status !== 200) throw new Error(`The card answers ${status}.`);
      times.push(ms);
    }
    return times.sort((a, b) => a - b);
  };
  for (let round = 0; round < WARM_UP; round += 1) {
    await send(card, tokens.platform);
  }
  const rows: (string | number)[][] = [];
  for (const [what, request] of Object.entries(requests)) {
    const { path, body } = sent(request);
    // In turn, because the speed of the machine changes
    const alone = median(await cardsTake());
    let going = true;
    const answers: { status: number; ms: number }[] = [];
    const attacker = (async () => {
      while (going) {
        answers.push(await send(api + path, tokens.developer, body));
      }
    })();
    const beside = await cardsTake();
    going = false;
    await attacker;
    const ratio = median(beside) / alone;
    figure(`hostile, ${what}: card, over alone`, ratio, '', {
      most: MOST_RATIO,
    });
    rows.push([
      what,
      [...new Set(answers.map(({ status }) => status))].join(', '),
      median(answers.map(({ ms }) => ms)).toFixed(1),
      alone.toFixed(1),
      median(beside).toFixed(1),
      quantile(beside, 0.95).toFixed(1),
      ratio.toFixed(2),
    ]);
  }
  section('hostile', [
    table(
      [
        'what another user sends without a pause',
        'answers',
        'its time, ms',
        'card alone, ms',
        'card beside it, median, ms',
        '95 in 100, ms',
        'ratio',
      ],
      rows,
    ),
    `The goal is a ratio of at most ${MOST_RATIO}.`,
  ]);
  await knex.destroy();
});
