import type { CrashPoint, CrashWorld } from './CrashWorld';
import type { Story } from './stories';
import type { Subject } from './Subject';

/** A story that ran in peace: what those that are killed have to come to. */
export interface Peaceful {
  story: Story;
  writes: string[];
  belongings: string[];
}

/** One death of a process. */
export interface Row {
  peaceful: Peaceful;
  point: CrashPoint;
  subject: Subject;
}

/** What became of it. */
export interface Outcome {
  /** How the operation ended in the other process, or why it did not. */
  ended: string;
  /** What the undisturbed story has and this one lacks. */
  missing: string[];
  /** The other way round. */
  orphans: string[];
  /** Writes that took effect more often than undisturbed. */
  repeated: string[];
  foreignTouched: boolean;
  /** What the same order would still change. */
  againChanges: string[];
}

const count = (list: string[], wanted: string) =>
  list.filter(one => one === wanted).length;

/** For each write of each story one that is killed before it takes effect, and one after. */
export function rowsOf(stories: Peaceful[], world: CrashWorld): Row[] {
  return stories.flatMap(peaceful =>
    peaceful.writes.flatMap((write, index) => {
      const { onlyAt = write } = peaceful.story;
      if (write !== onlyAt) return [];
      const nth = count(peaceful.writes.slice(0, index + 1), write);
      return (['before', 'after'] as const).map(moment => ({
        peaceful,
        point: { moment, write, nth },
        subject: world.subject(peaceful.story),
      }));
    }),
  );
}

/** Those of `list` that are left when each of `others` has taken one away. */
export function minus(list: string[], others: string[]): string[] {
  const left = [...list];
  for (const other of others) {
    const at = left.indexOf(other);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}

export function isClean({ peaceful }: Row, outcome: Outcome): boolean {
  const startsAnew = peaceful.story.onlyAt !== undefined;
  return (
    outcome.ended === 'succeeded' &&
    !outcome.foreignTouched &&
    [
      outcome.missing,
      outcome.orphans,
      startsAnew ? [] : outcome.repeated,
      outcome.againChanges,
    ].every(list => list.length === 0)
  );
}

/** `npm test` shows the lines of tables. */
export function printTable(rows: Row[], outcomes: Outcome[]) {
  const lines = rows.map(({ peaceful, point }, index) => {
    const { ended, missing, ...outcome } = outcomes[index];
    return [
      peaceful.story.name,
      `${point.write}${point.nth > 1 ? ` (${point.nth})` : ''}`,
      point.moment,
      ended === 'succeeded' && missing.length === 0 ? 'yes' : 'NO',
      outcome.repeated.length,
      outcome.orphans.length,
      outcome.foreignTouched ? 'YES' : 0,
      outcome.againChanges.length,
    ];
  });
  const heads = [
    'order',
    'write',
    'killed',
    'converged',
    'repeated',
    'orphans',
    'foreign touched',
    're-run changes',
  ];
  process.stdout.write(
    `\n${[heads, heads.map(() => '---'), ...lines]
      .map(cells => `| ${cells.join(' | ')} |`)
      .join('\n')}\n`,
  );
}
