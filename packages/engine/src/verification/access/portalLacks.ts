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

/** `The portal …. The portal ….`, cut after a few. */
export function sentencesOf(lacks: readonly Lack[]): string {
  const shown = lacks.slice(0, 3).map(lack => lack.sentence);
  const more = lacks.length - shown.length;
  return [
    ...shown,
    ...(more > 0 ? [`And ${more} more of that kind.`] : []),
  ].join(' ');
}
