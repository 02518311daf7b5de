import { createHash } from 'node:crypto';
import { type Outcome, unknown } from '../framework/check';
import type { Fact, Lack } from '../framework/fact';

/** Lacks of the verification itself; reasons in the run or in the identity do not count. */
export function lacksOf(facts: readonly Fact<unknown>[]): Lack[] {
  const lacks = facts
    .filter((fact): fact is { known: false; lack: Lack } => !fact.known)
    .map(fact => fact.lack)
    .filter(lack => lack.kind === 'denied' || lack.kind === 'unreachable');
  const sentences = lacks.map(({ sentence }) => sentence);
  return lacks.filter(({ sentence }, at) => sentences.indexOf(sentence) === at);
}

/** The same wherever the same right or the same answer is lacking; a hash, so that it names nothing. */
export function lackKey({ aws, kubernetes, sentence }: Lack): string {
  const { role: _, ...right } = kubernetes ?? {};
  const what = aws ?? (kubernetes ? right : sentence);
  const hash = createHash('sha256').update(JSON.stringify(what));
  return hash.digest('hex').slice(0, 12);
}

/** `The portal …. The portal ….`, cut after a few. */
export function sentencesOf([first, ...others]: readonly Lack[]): [
  lead: string,
  ...more: string[],
] {
  const shown = others.slice(0, 2).map(lack => lack.sentence);
  const more = others.length - shown.length;
  return [
    first.sentence,
    ...shown,
    ...(more > 0 ? [`And ${more} more of that kind.`] : []),
  ];
}

/** What a check says of lacks of the portal itself. */
export const lacking = (lacks: readonly Lack[], fix: Outcome['fix']) =>
  unknown(sentencesOf(lacks), {
    fix,
    lacks: lacks.length === 1 ? lackKey(lacks[0]) : undefined,
  });
