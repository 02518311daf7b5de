import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Problem } from './problem.mjs';

/** The longest piece in milliseconds. Lengths are drawn evenly, so a process is stopped for 60 % of the time. */
const longest = { stopped: 3_000, running: 2_000 };
const goal = longest.stopped / (longest.stopped + longest.running);
/** How often new processes are looked for and pieces end. */
const tickMs = 100;

/** script of util-linux waits for ever for a child that ends while both are stopped (seen with 2.41). */
const UNSTOPPABLE = 'script';

const self = fileURLToPath(import.meta.url);

/** Limits of wall time take this many times longer in a slow run; 1 in any other. */
export const room = () => Number(process.env.EKS_TEST_SLOW || 1);
/** An answer takes seconds then, where several processes take part in it. */
export const slowRoom = 5;

/** `--slow` needs /proc. */
export function refuseElsewhere(platform = process.platform) {
  if (platform !== 'linux') {
    throw new Problem(
      '"--slow" finds the processes that it stops in /proc, which only Linux has.',
      'Run it on Linux, or leave out "--slow".',
    );
  }
}

/**
 * Stops and continues every process that this one has started, at any depth, each by a sequence of its own that follows
 * from the seed. A process of its own does it: it continues them all when `end` is called, and when this one dies.
 *
 * @param {string} seed
 * @returns {{ pid: number, end: () => Promise<{ stops: number, processes: number, share: number }> }} `share` of the
 *   time that the processes lived, up to 1
 * @public A test starts it in a process of its own
 */
export function slowDown(seed) {
  const child = spawn(process.execPath, [self, String(process.pid), seed], {
    // The signals of a terminal are for this process, and the end of its pipe for that one
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', chunk => (said += chunk));
  child.stdin.on('error', () => {});
  const ended = new Promise(resolve => {
    child.once('error', error => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? code));
  }).then(how => {
    if (how !== 0) {
      new Family(process.pid).look().forEach(one => send(one, 'SIGCONT'));
    }
    return how;
  });
  return {
    pid: child.pid,
    async end() {
      child.stdin.end();
      const how = await ended;
      if (how !== 0) {
        throw new Problem(
          `What stops the processes of a slow run has ended by itself (${how}).`,
          'Its error stands above.',
        );
      }
      return JSON.parse(said);
    },
  };
}

/**
 * Does some work while everything is slow.
 *
 * @template T
 * @param {string} seed
 * @param {() => Promise<T>} work
 * @param {(what: { stops: number, processes: number, share: number }) => void} onEnd
 */
export async function slowly(seed, work, onEnd) {
  const slow = slowDown(seed);
  try {
    return await work();
  } finally {
    onEnd(await slow.end());
  }
}

/** What came of it, by stage. */
export function printSlowness(seed, results) {
  console.log(`\nSlow, by the seed ${seed}`);
  for (const { name, slowness } of results.filter(one => one.slowness)) {
    const { stops, processes, share } = slowness;
    console.log(
      `  ${name.padEnd(14)}${stops} stops of ${processes} processes, ${(
        share * 100
      ).toFixed(1)} % of the time`,
    );
  }
}

/** The processes below one, found by ancestry, and by process group and session where a parent has ended. */
class Family {
  #root;
  #known = new Set();
  #groups = new Set();

  constructor(root) {
    this.#root = root;
  }

  /** Those that live now, but for `root`, this process, and `script` with what it runs. */
  look() {
    const all = readProcesses();
    const root = all.find(({ pid }) => pid === this.#root);
    // It shares these with others
    const strange = ['0', root?.group, root?.session];
    const found = new Map([[this.#root, undefined]]);
    for (let before = 0; before < found.size; ) {
      before = found.size;
      for (const one of all) {
        const groups = [one.group, one.session];
        const ours =
          found.has(one.parent) ||
          this.#known.has(one.id) ||
          groups.some(id => this.#groups.has(id));
        if (ours && one.pid !== process.pid && !found.has(one.pid)) {
          found.set(one.pid, one);
          groups
            .filter(id => !strange.includes(id))
            .forEach(id => this.#groups.add(id));
        }
      }
    }
    found.delete(this.#root);
    const family = [...found.values()];
    this.#known = new Set(family.map(({ id }) => id));
    // Numbers of groups that are gone are given to others
    this.#groups = new Set(family.flatMap(one => [one.group, one.session]));
    strange.forEach(id => this.#groups.delete(id));
    const names = new Map(all.map(({ pid, name }) => [pid, name]));
    return family.filter(
      ({ state, pid, parent }) =>
        !'ZX'.includes(state) &&
        ![pid, parent].some(one => names.get(one) === UNSTOPPABLE),
    );
  }
}

function readProcesses() {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      let stat;
      try {
        stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      } catch {
        return []; // It has ended
      }
      // The program's name stands in parentheses, and can hold anything
      const end = stat.lastIndexOf(')');
      const [state, parent, group, session, ...more] = stat
        .slice(end + 2)
        .split(' ');
      return {
        pid: Number(name),
        name: stat.slice(stat.indexOf('(') + 1, end),
        parent: Number(parent),
        state,
        group,
        session,
        // Numbers are used again, beginnings are not
        id: `${name} since ${more[15]}`,
      };
    });
}

/** False where the process has ended or belongs to another user. */
function send({ pid }, signal) {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH' && error.code !== 'EPERM') {
      throw error;
    }
    return false;
  }
}

/** Numbers from 0 to 1 that follow from the seed alone. */
export function* numbersOf(seed) {
  for (let at = 0; ; at += 1) {
    const hash = createHash('sha256').update(`${seed}/${at}`).digest();
    yield hash.readUInt32LE() / 2 ** 32;
  }
}

class Stopper {
  #family;
  #seed;
  /** By id: what is going on with each process. */
  #plans = new Map();
  #sum = { stops: 0, processes: 0, stoppedMs: 0, livedMs: 0 };

  constructor(root, seed) {
    this.#family = new Family(root);
    this.#seed = seed;
  }

  tick() {
    const family = new Map(this.#family.look().map(one => [one.id, one]));
    const now = performance.now();
    for (const id of this.#plans.keys()) {
      if (!family.has(id)) {
        this.#close(id, now);
      }
    }
    for (const [id, one] of family) {
      let plan = this.#plans.get(id);
      if (!plan) {
        this.#sum.processes += 1;
        const numbers = numbersOf(`${this.#seed}/${this.#sum.processes}`);
        const draw = () => numbers.next().value;
        plan = { one, draw, since: now, due: now, next: draw() < goal };
        this.#plans.set(id, plan);
      }
      this.#follow(plan, now);
    }
  }

  #follow(plan, now) {
    let wanted = plan.stopped !== undefined;
    while (plan.due <= now) {
      wanted = plan.next;
      plan.next = !wanted;
      plan.due += plan.draw() * longest[wanted ? 'stopped' : 'running'];
    }
    if (wanted && plan.stopped === undefined && send(plan.one, 'SIGSTOP')) {
      plan.stopped = now;
      this.#sum.stops += 1;
    } else if (!wanted && plan.stopped !== undefined) {
      send(plan.one, 'SIGCONT');
      this.#sum.stoppedMs += now - plan.stopped;
      plan.stopped = undefined;
    }
  }

  #close(id, now) {
    const { since, stopped } = this.#plans.get(id);
    this.#sum.livedMs += now - since;
    this.#sum.stoppedMs += stopped === undefined ? 0 : now - stopped;
    this.#plans.delete(id);
  }

  /** Leaves no process stopped. */
  end() {
    const now = performance.now();
    for (const [id, { one, stopped }] of this.#plans) {
      if (stopped !== undefined) {
        send(one, 'SIGCONT');
      }
      this.#close(id, now);
    }
    const { stops, processes, stoppedMs, livedMs } = this.#sum;
    return { stops, processes, share: livedMs > 0 ? stoppedMs / livedMs : 0 };
  }
}

if (process.argv[1] === self) {
  const [root, seed] = process.argv.slice(2);
  const stopper = new Stopper(Number(root), seed);
  const timer = setInterval(() => stopper.tick(), tickMs);
  // The process that started it may have ended
  process.stdout.on('error', () => {});
  process.stdin.resume().once('close', () => {
    clearInterval(timer);
    process.stdout.end(JSON.stringify(stopper.end()));
  });
}
