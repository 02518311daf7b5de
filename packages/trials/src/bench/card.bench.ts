/**
 * What a card costs with 50,000 associations and 10,000 components on PostgreSQL, with the catalog, the policy and the
 * sign-in in another process, at 50 requests a second:
 *
 * - its own share: from the later of the first answers of catalog and permission framework to the last byte that was handed over;
 * - end to end, over routes of the same process with just the two calls that a card cannot do without, one after the other or
 *   both at once: the entity from the catalog, with the user's credentials, and the decisions of the policy;
 * - the processor time of the plugin's process, and how often PostgreSQL reads a table whole.
 *
 * The policy limits developers by conditions. All requests are for one card, whose reports are in memory after the first. Client,
 * portal and database share the machine: where it has other work to do, that shows in latencies and hardly in processor time.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import autocannon from 'autocannon';
import type { Knex } from 'knex';
import { figure, section, table } from '../../../../scripts/lib/output.mjs';
import { benchmark } from './lib/benchmark';
import { ask } from './lib/child';
import { median, quantile, sum } from './lib/statistics.mjs';
import { startPortal } from './card/backends';
import { cards, entityRefOf } from './card/world';

const RATE = 50;
const SECONDS = 20;
const WARM_UP = 50;
/** Of each card; the ratio of the card of one identity, the processor time of that of thirty. */
const GOALS = { ownP99: 15, overTheCalls: 1.3, cpuMs: 30, wholeReads: 0 };
/** One by one, of each route in turn. */
const ROUNDS = 100;

async function benchCard() {
  const { knex, tokens, plugin, program } = await startPortal();
  const measured = [];
  for (const [what, entity] of [
    ['1 identity', cards.one],
    ['30 identities', cards.many],
  ] as const) {
    const path = entityRefOf(entity).replace(':', '/');
    measured.push(
      await measure({
        what,
        card: `${plugin}/eks-pod-identity/v1/entities/${path}`,
        oneByOne: `${plugin}/two-calls/one-by-one/${path}`,
        atOnce: `${plugin}/two-calls/at-once/${path}`,
        program,
        token: tokens.developer,
        knex,
      }),
    );
  }
  write(measured);
  await knex.destroy();
}

interface Asked {
  what: string;
  card: string;
  oneByOne: string;
  atOnce: string;
  program: ChildProcess;
  token: string;
  knex: Knex;
}

async function measure({ what, program, token, knex, ...routes }: Asked) {
  const headers = { authorization: `Bearer ${token}` };
  const load = async (url: string) => {
    const startedAt = performance.now();
    const answer = await fetch(url, { headers });
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${url}: ${answer.status} ${body}`);
    return performance.now() - startedAt;
  };
  const used = () => ask<{ cpuMs: number; ownShares: number[] }>(program, {});
  for (let index = 0; index < WARM_UP; index += 1) {
    for (const url of Object.values(routes)) await load(url);
  }
  const times = {
    oneByOne: [] as number[],
    atOnce: [] as number[],
    card: [] as number[],
  };
  for (let index = 0; index < ROUNDS; index += 1) {
    times.oneByOne.push(await load(routes.oneByOne));
    times.atOnce.push(await load(routes.atOnce));
    times.card.push(await load(routes.card));
  }
  /** Of the medians, and of the fastest. */
  const over = (calls: number[]) => ({
    median: median(times.card) / median(calls),
    fastest: Math.min(...times.card) / Math.min(...calls),
  });
  const before = { ...(await used()), wholeReads: await wholeReads(knex) };
  const { requests, non2xx } = await loadEvenly(routes.card, headers);
  const after = { ...(await used()), wholeReads: await wholeReads(knex) };
  if (non2xx > 0) throw new Error(`${non2xx} answers were no cards`);
  const shares = after.ownShares.sort((a, b) => a - b);
  return {
    what,
    requests,
    ownP50: quantile(shares, 0.5),
    ownP99: quantile(shares, 0.99),
    endToEnd: median(times.card),
    fastest: Math.min(...times.card),
    overOneByOne: over(times.oneByOne),
    overAtOnce: over(times.atOnce),
    cpuMs: (after.cpuMs - before.cpuMs) / requests,
    wholeReads: after.wholeReads - before.wholeReads,
  };
}

/**
 * As from 50 users, each of whom opens a card once a second, at a moment that has nothing to do with those of the others.
 * One run of autocannon sends all that is due in a second at the beginning of that second.
 */
async function loadEvenly(url: string, headers: Record<string, string>) {
  const sent = Array.from({ length: RATE }, async (_, index) => {
    // The fractions of the multiples of the golden ratio lie anywhere, and in each run at the same places
    await wait(((index * 0.618034) % 1) * 1000);
    return autocannon({
      url,
      headers,
      connections: 1,
      overallRate: 1,
      duration: SECONDS,
    });
  });
  const loads = await Promise.all(sent);
  return {
    requests: sum(loads.map(load => load['2xx'])),
    non2xx: sum(loads.map(load => load.non2xx)),
  };
}

/** How often PostgreSQL has read a whole table so far, where that is more than a page or two. */
async function wholeReads(knex: Asked['knex']): Promise<number> {
  // Its processes hand their counts over once a second
  await wait(2_000);
  const { rows } = await knex.raw(
    `select sum(seq_scan) as whole from pg_stat_user_tables
     where schemaname = 'eks-pod-identity' and n_live_tup > 1000`,
  );
  return Number(rows[0].whole);
}

function write(measured: Awaited<ReturnType<typeof measure>>[]) {
  for (const [index, card] of measured.entries()) {
    const say = (what: string, value: number, unit: string, goal?: object) =>
      figure(`card, ${card.what}: ${what}`, value, unit, goal as any);
    const isOne = index === 0;
    const ratio = isOne ? { most: GOALS.overTheCalls } : undefined;
    const cpu = isOne ? undefined : { below: GOALS.cpuMs };
    say('own share, median', card.ownP50, 'ms');
    say('own share, p99', card.ownP99, 'ms', { most: GOALS.ownP99 });
    say('end to end, median', card.endToEnd, 'ms');
    say('end to end, fastest', card.fastest, 'ms');
    say('over the two calls', card.overOneByOne.median, '', ratio);
    say('over both at once', card.overAtOnce.median, '');
    say('processor time', card.cpuMs, 'ms', cpu);
    const most = GOALS.wholeReads;
    say('whole tables read', card.wholeReads, 'tables', { most });
  }
  const all = (what: 'requests' | 'wholeReads') =>
    sum(measured.map(card => card[what]));
  const one = (value: number) => value.toFixed(1);
  const ratio = ({
    median: usual,
    fastest,
  }: (typeof measured)[0]['overAtOnce']) =>
    `${usual.toFixed(2)} (${fastest.toFixed(2)})`;
  section('card', [
    table(
      [
        'card',
        'own share, median (p99), ms',
        'end to end, median (fastest), ms',
        'over the two calls, one after the other',
        'over both at once',
        'processor time, ms',
      ],
      measured.map(card => [
        card.what,
        `${one(card.ownP50)} (${one(card.ownP99)})`,
        `${one(card.endToEnd)} (${one(card.fastest)})`,
        ratio(card.overOneByOne),
        ratio(card.overAtOnce),
        one(card.cpuMs),
      ]),
    ),
    `The goals are an own share of at most ${
      GOALS.ownP99
    } ms in 99 of 100, for one identity a ratio of at most ${
      GOALS.overTheCalls
    }, and for 30 less than ${
      GOALS.cpuMs
    } ms of processor time. Other work of the machine counts in latencies: the load average below says how much there was. All requests are for one card, whose reports are in memory. In ${all(
      'requests',
    )} requests, ${all(
      'wholeReads',
    )} read a table of more than 1,000 rows whole. Before conditions were judged in the plugin, 30 identities took 66 ms of processor time, and 1 took 12. While the database was asked after catalog and policy, one after the other, the own share from the answer of the policy was 1.4 (32.0) and 5.4 (31.7) ms, and end to end it took 17.1 and 23.7 ms.`,
  ]);
}

benchmark(benchCard);
